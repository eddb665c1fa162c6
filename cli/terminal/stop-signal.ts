import { constants } from "node:os";

/** What {@link createStopSignal} needs of the process. */
export interface StopHost {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  /** Without a code, with that of the process. */
  exit(code?: number): void;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * npm forwards a Ctrl-C that the terminal has sent to all processes already, so that one press
 * arrives twice. Nobody presses Ctrl-C twice within this time.
 */
const SAME_PRESS_MS = 300;

/** Aborted by the first Ctrl-C or SIGTERM. A second one ends the process at once. */
export function createStopSignal(
  host: StopHost = process,
  readMs: () => number = () => performance.now(),
): AbortSignal {
  const stopping = new AbortController();
  let firstMs = 0;
  const stop = (signal: NodeJS.Signals) => {
    if (!stopping.signal.aborted) {
      firstMs = readMs();
      stopping.abort();
    } else if (readMs() - firstMs > SAME_PRESS_MS) {
      host.exit(128 + constants.signals[signal]);
    }
  };
  for (const signal of SIGNALS) host.on(signal, stop);
  return stopping.signal;
}

const PATIENCE_MS = 200;

/** Ends the process soon after a stop, even if calls that nobody waits for any more are still open. */
export function endSoon(host: Pick<StopHost, "exit"> = process): void {
  setTimeout(() => host.exit(), PATIENCE_MS).unref();
}
