import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import { createLiveDisplay, observeAboveView } from "./live-display.ts";
import type { LoopObserver } from "./loop-events.ts";
import type { LoopView } from "./loop-view.ts";
import { formatPoll, listDryRunScalers } from "./poll-lines.ts";
import { failureText, refusalText } from "./problem-texts.ts";

/** Shows a running loop. */
export interface Display {
  observer: LoopObserver;
  /** `getView` returns the current view; it is called until `stop`. */
  start(getView: () => LoopView): void;
  /** Ends the display. The last view stays on the screen. */
  stop(): void;
}

/** Creates a live view in a terminal, and plain lines everywhere else. */
export function createDisplay(stream: NodeJS.WriteStream, scalers: readonly Scaler[]): Display {
  if (!canShowLiveView(stream))
    return createLineDisplay((line) => stream.write(`${line}\n`), scalers);
  const { start, stop, ...live } = createLiveDisplay(stream);
  return { observer: observeAboveView(live, scalers), start, stop };
}

/**
 * Whether the stream is a terminal with a size. Some tools that record or run a terminal report 0 by
 * 0; a live view would be invisible there.
 */
export function canShowLiveView({ isTTY, columns, rows }: NodeJS.WriteStream): boolean {
  return isTTY && columns > 0 && rows > 0;
}

/** Prints the title, the lines of each poll, refused changes and failed steps. */
export function createLineDisplay(
  print: (line: string) => void,
  scalers: readonly Scaler[],
): Display {
  const dryRunScalers = listDryRunScalers(scalers);
  return {
    observer: {
      onPoll: (poll, number, atMs, cause) => {
        for (const line of formatPoll({ poll, number, atMs, cause, dryRunScalers })) print(line);
      },
      onRefusal: (scaler, error, message) => print(pc.red(refusalText(scaler, error, message))),
      onFailure: (state, error, message) => print(pc.red(failureText(state, error, message))),
    },
    start: (getView) => print(escapeControls(getView().title)),
    stop: () => {},
  };
}
