import pc from "picocolors";
import type { LoopObserver } from "../terminal/loop-events.ts";
import type { LoopView } from "../terminal/loop-view.ts";
import { createLineDisplay, createLiveDisplay, hasRoom } from "../terminal/show.ts";

/** Where loops that run side by side are shown. */
export interface RunDisplay {
  /** One loop's; `rehearsing` are those of its scalers that only rehearse. */
  listenerFor(loopName: string, rehearsing: ReadonlySet<string>): LoopObserver;
  /** Something to say about one loop, beside what its listener hears. */
  say(loopName: string, line: string): void;
  start(picture: () => LoopView): void;
  /** Leaves the last picture standing, and under it what could not be said above. */
  stop(): void;
}

/** A picture in a terminal, lines elsewhere; lines for a single poll anyway. */
export function createRunDisplay(
  stream: NodeJS.WriteStream,
  asked: { once: boolean; loops: number },
): RunDisplay {
  const print = (line: string) => void stream.write(`${line}\n`);
  return hasRoom(stream) && !asked.once
    ? picture(stream, print)
    : printLines(print, asked.loops > 1);
}

/** Each line begins with its loop's name where there are several. */
export function printLines(print: (line: string) => void, several: boolean): RunDisplay {
  const printFor = (name: string) => (line: string) => print(several ? `${name}: ${line}` : line);
  return {
    listenerFor: (name, rehearsing) => createLineDisplay(printFor(name), rehearsing).listener,
    say: (name, line) => printFor(name)(pc.yellow(line)),
    start: (look) => print(look().title),
    stop: () => {},
  };
}

function picture(stream: NodeJS.WriteStream, print: (line: string) => void): RunDisplay {
  const show = createLiveDisplay(stream);
  const kept = new Set<string>();
  return {
    listenerFor: (name) => ({
      ...show.listener,
      onRefusal: (scaler, error, message) =>
        kept.add(`${name}: refused: ${scaler}: ${error}: ${message}`),
      onFailure: (state, error, cause) => kept.add(`${name}: failed: ${state}: ${error}: ${cause}`),
    }),
    say: (name, line) => kept.add(`${name}: ${line}`),
    start: show.start,
    stop: () => {
      show.stop();
      for (const line of kept) print(pc.yellow(line));
    },
  };
}
