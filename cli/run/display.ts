import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import { createLiveDisplay, observeAboveView } from "../terminal/live-display.ts";
import type { LoopObserver } from "../terminal/loop-events.ts";
import type { LoopView } from "../terminal/loop-view.ts";
import { canShowLiveView, createLineDisplay } from "../terminal/show.ts";

/** Shows loops that run side by side. */
export interface RunDisplay {
  /** Creates the observer of one loop. */
  observe(loopName: string, scalers: readonly Scaler[]): LoopObserver;
  /** Shows one more line about a loop. */
  say(loopName: string, line: string): void;
  /** `getView` returns the current view of all loops; it is called until `stop`. */
  start(getView: () => LoopView): void;
  /** Ends the display. The last view stays on the screen. */
  stop(): void;
}

/** Creates a live view in a terminal; plain lines everywhere else, and for a single poll. */
export function createRunDisplay(
  stream: NodeJS.WriteStream,
  { once, loops }: { once: boolean; loops: number },
): RunDisplay {
  const print = (line: string) => void stream.write(`${line}\n`);
  return canShowLiveView(stream) && !once
    ? createLiveRunDisplay(stream, loops > 1)
    : createLineRunDisplay(print, loops > 1);
}

/** Plain lines. `withNames` puts the loop's name before each line. */
export function createLineRunDisplay(
  print: (line: string) => void,
  withNames: boolean,
): RunDisplay {
  const createPrinter = (name: string) => (line: string) =>
    print(withNames ? `${escapeControls(name)}: ${line}` : line);
  return {
    observe: (name, scalers) => createLineDisplay(createPrinter(name), scalers).observer,
    say: (name, line) => createPrinter(name)(pc.yellow(escapeControls(line))),
    start: (getView) => print(escapeControls(getView().title)),
    stop: () => {},
  };
}

function createLiveRunDisplay(stream: NodeJS.WriteStream, withNames: boolean): RunDisplay {
  const { start, stop, ...live } = createLiveDisplay(stream);
  const prefix = (name: string) => (withNames ? `${escapeControls(name)}: ` : "");
  return {
    observe: (name, scalers) => observeAboveView(live, scalers, prefix(name)),
    say: (name, line) => live.print(prefix(name) + escapeControls(line), pc.yellow),
    start,
    stop,
  };
}
