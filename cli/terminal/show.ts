import { createLogUpdate } from "log-update";
import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import { drawLiveView } from "./draw-live-view.ts";
import type { LoopObserver } from "./loop-events.ts";
import type { LoopView } from "./loop-view.ts";
import { formatPoll } from "./poll-lines.ts";

/** Shows a running loop. */
export interface Display {
  observer: LoopObserver;
  /** `getView` returns the current view; it is called until `stop`. */
  start(getView: () => LoopView): void;
  /** Ends the display. The last view stays on the screen. */
  stop(): void;
}

const REDRAW_INTERVAL_MS = 250;

/** Creates a live view in a terminal, and plain lines everywhere else. */
export function createDisplay(stream: NodeJS.WriteStream): Display {
  return canShowLiveView(stream)
    ? createLiveDisplay(stream)
    : createLineDisplay((line) => stream.write(`${line}\n`));
}

/**
 * Whether the stream is a terminal with a size. Some tools that record or run a terminal report 0 by
 * 0; a live view would be invisible there.
 */
export function canShowLiveView({ isTTY, columns, rows }: NodeJS.WriteStream): boolean {
  return isTTY && columns > 0 && rows > 0;
}

/** A view that is redrawn in place. */
export function createLiveDisplay(stream: NodeJS.WriteStream): Display {
  const update = createLogUpdate(stream);
  let draw = () => {};
  let timer: NodeJS.Timeout | undefined;
  return {
    observer: { onPoll: () => draw() },
    start: (getView) => {
      draw = () => update(drawLiveView(getView(), Date.now(), stream.columns));
      timer = setInterval(draw, REDRAW_INTERVAL_MS);
      draw();
    },
    stop: () => {
      clearInterval(timer);
      draw();
      update.done();
    },
  };
}

/** Prints the title, the lines of each poll, refused changes and failed steps. */
export function createLineDisplay(
  print: (line: string) => void,
  dryRunScalers?: ReadonlySet<string>,
): Display {
  return {
    observer: {
      onPoll: (poll, number, atMs) => {
        const at = new Date(atMs).toISOString().slice(11, 19);
        for (const line of formatPoll(poll, number, at, dryRunScalers)) print(line);
      },
      onRefusal: (scaler, error, message) => print(pc.red(refusalText(scaler, error, message))),
      onFailure: (state, error, message) => print(pc.red(failureText(state, error, message))),
    },
    start: (getView) => print(escapeControls(getView().title)),
    stop: () => {},
  };
}

/** The line for a change that AWS refused. */
export function refusalText(scaler: string, error: string, message: string): string {
  return escapeControls(`refused: ${scaler}: ${error}: ${message}`);
}

/** The line for a step that failed as a whole. */
export function failureText(state: string, error: string, message: string): string {
  return escapeControls(`failed: ${state}: ${error}: ${message}`);
}
