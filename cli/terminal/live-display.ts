import pc from "picocolors";
import type { Scaler } from "../../functions/core/scaler.ts";
import type { RecordedDecision } from "../../local/engine/recorded-tasks.ts";
import { drawLiveView } from "./draw-live-view.ts";
import { wrapText } from "./fit-text.ts";
import { createLiveRegion, type RegionStream } from "./live-region.ts";
import type { LoopObserver } from "./loop-events.ts";
import { isCarriedOut } from "./loop-state.ts";
import type { LoopView } from "./loop-view.ts";
import { formatDecision, listDryRunScalers } from "./poll-lines.ts";
import { failureText, refusalText } from "./problem-texts.ts";
import { paintDecision } from "./scaler-texts.ts";

/** A view of a running loop that is redrawn in place, below lines that stay. */
export interface LiveDisplay {
  /** Prints a line above the view, where it stays. The same line is printed once. */
  print(line: string, paint: (text: string) => string): void;
  /** `getView` returns the current view; it is called until `stop`. */
  start(getView: () => LoopView): void;
  /** Ends the display. The last view stays on the screen. */
  stop(): void;
}

const REDRAW_INTERVAL_MS = 250;
const HANGING_INDENT = "  ";

/** Creates a live display in a terminal. */
export function createLiveDisplay(
  stream: RegionStream,
  readMs: () => number = Date.now,
): LiveDisplay {
  const region = createLiveRegion(stream);
  const printed = new Set<string>();
  let draw = (_above: readonly string[] = []) => {};
  let timer: NodeJS.Timeout | undefined;
  return {
    print: (line, paint) => {
      if (!printed.has(line)) draw(wrapLine(line, stream.columns).map(paint));
      printed.add(line);
    },
    start: (getView) => {
      draw = (above) => {
        const { columns, rows } = stream;
        region.draw(drawLiveView(getView(), readMs(), { columns, rows: rows - 1 }), above);
      };
      timer = setInterval(draw, REDRAW_INTERVAL_MS);
      draw();
    },
    stop: () => {
      clearInterval(timer);
      draw();
      region.end();
    },
  };
}

function wrapLine(line: string, columns: number): string[] {
  const [first = "", ...rest] = wrapText(line, columns - HANGING_INDENT.length);
  return [first, ...rest.map((text) => HANGING_INDENT + text)];
}

/**
 * Creates an observer that prints what happens in a loop above a live view: every scaling, refused
 * change and failed step. `name` is put before each line. A dry run decides on the same scaling at many
 * polls in a row: it is printed once.
 */
export function observeAboveView(
  { print }: Pick<LiveDisplay, "print">,
  scalers: readonly Scaler[],
  name = "",
): LoopObserver {
  const previous = new Map<string, string>();
  const isRepeated = ({ scaler, action, from, to }: RecordedDecision) => {
    const change = `${action} ${from} ${to}`;
    const wasSame = previous.get(scaler) === change;
    previous.set(scaler, change);
    return wasSame;
  };
  const dryRunScalers = listDryRunScalers(scalers);
  return {
    onPoll: (poll, number, atMs, cause) => {
      for (const decision of poll.decisions) {
        if (isRepeated(decision) || !isCarriedOut(decision, poll, scalers)) continue;
        const line = formatDecision(decision, { poll, number, atMs, cause, dryRunScalers });
        print(name + line, paintDecision(decision));
      }
    },
    onRefusal: (scaler, error, message) =>
      print(name + refusalText(scaler, error, message), pc.red),
    onFailure: (state, error, message) => print(name + failureText(state, error, message), pc.red),
  };
}
