import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import type { LoopObserver } from "../terminal/loop-events.ts";
import type { LoopView } from "../terminal/loop-view.ts";
import {
  canShowLiveView,
  createLineDisplay,
  createLiveDisplay,
  failureText,
  refusalText,
} from "../terminal/show.ts";

/** Shows loops that run side by side. */
export interface RunDisplay {
  /** Creates the observer of one loop. `dryRunScalers`: the names of its scalers in dry run. */
  observe(loopName: string, dryRunScalers: ReadonlySet<string>): LoopObserver;
  /** Shows one more line about a loop. */
  say(loopName: string, line: string): void;
  /** `getView` returns the current view of all loops; it is called until `stop`. */
  start(getView: () => LoopView): void;
  /** Ends the display. The last view stays on the screen, followed by the lines that it could not show. */
  stop(): void;
}

/** Creates a live view in a terminal; plain lines everywhere else, and for a single poll. */
export function createRunDisplay(
  stream: NodeJS.WriteStream,
  { once, loops }: { once: boolean; loops: number },
): RunDisplay {
  const print = (line: string) => void stream.write(`${line}\n`);
  return canShowLiveView(stream) && !once
    ? createLiveRunDisplay(stream, print)
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
    observe: (name, dryRunScalers) =>
      createLineDisplay(createPrinter(name), dryRunScalers).observer,
    say: (name, line) => createPrinter(name)(pc.yellow(escapeControls(line))),
    start: (getView) => print(escapeControls(getView().title)),
    stop: () => {},
  };
}

function createLiveRunDisplay(
  stream: NodeJS.WriteStream,
  print: (line: string) => void,
): RunDisplay {
  const display = createLiveDisplay(stream);
  const lines = new Set<string>();
  const keep = (name: string, line: string) => void lines.add(escapeControls(`${name}: ${line}`));
  return {
    observe: (name) => ({
      ...display.observer,
      onRefusal: (scaler, error, message) => keep(name, refusalText(scaler, error, message)),
      onFailure: (state, error, message) => keep(name, failureText(state, error, message)),
    }),
    say: keep,
    start: display.start,
    stop: () => {
      display.stop();
      for (const line of lines) print(pc.yellow(line));
    },
  };
}
