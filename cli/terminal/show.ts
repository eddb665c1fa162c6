import { createLogUpdate } from "log-update";
import pc from "picocolors";
import { drawLiveView } from "./live.ts";
import type { LoopObserver } from "./loop-events.ts";
import type { LoopView } from "./loop-view.ts";
import { formatPoll } from "./poll-lines.ts";

/** Where a loop is shown. */
export interface Display {
  listener: LoopObserver;
  start(picture: () => LoopView): void;
  /** Leaves the last picture standing. */
  stop(): void;
}

const REDRAWN_EVERY_MS = 250;

/** A picture that is drawn over and over in a terminal, plain lines elsewhere. */
export function createDisplay(stream: NodeJS.WriteStream): Display {
  return hasRoom(stream)
    ? createLiveDisplay(stream)
    : createLineDisplay((line) => stream.write(`${line}\n`));
}

/**
 * Whether a picture can be drawn: in a terminal, but not in one without a size (0 by 0, as some
 * tools that record or run a terminal have it), where it would not show.
 */
export function hasRoom({ isTTY, columns, rows }: NodeJS.WriteStream): boolean {
  return isTTY && columns > 0 && rows > 0;
}

/** A picture that is drawn over and over. */
export function createLiveDisplay(stream: NodeJS.WriteStream): Display {
  const update = createLogUpdate(stream);
  let draw = () => {};
  let timer: NodeJS.Timeout | undefined;
  return {
    listener: { onPoll: () => draw() },
    start: (picture) => {
      draw = () => update(drawLiveView(picture(), Date.now(), stream.columns));
      timer = setInterval(draw, REDRAWN_EVERY_MS);
      draw();
    },
    stop: () => {
      clearInterval(timer);
      draw();
      update.done();
    },
  };
}

/**
 * One line for all that stays, one for each decision that moves something, one for each fault.
 * `rehearsing`: the scalers that only rehearse.
 */
export function createLineDisplay(
  print: (line: string) => void,
  rehearsing?: ReadonlySet<string>,
): Display {
  return {
    listener: {
      onPoll: (poll, number, atMs) => {
        const at = new Date(atMs).toISOString().slice(11, 19);
        for (const line of formatPoll(poll, number, at, rehearsing)) print(line);
      },
      onRefusal: (scaler, error, message) =>
        print(pc.red(`refused: ${scaler}: ${error}: ${message}`)),
      onFailure: (state, error, cause) => print(pc.red(`failed: ${state}: ${error}: ${cause}`)),
    },
    start: (picture) => print(picture().title),
    stop: () => {},
  };
}
