/**
 * Runs work under a time limit and under somebody else's signal, and cleans up after itself.
 * Rejects with what the work rejects with; `expired()` tells a limit that was hit from other failures.
 */
export async function runWithTimeLimit<T>(
  limitMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal, expired: () => boolean) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), limitMs);
  try {
    return await work(AbortSignal.any([limit.signal, outer]), () => limit.signal.aborted);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits, or stops waiting when the signal aborts. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}

/** Stops waiting for work that knows no signal when the signal aborts. @throws the signal's reason */
export async function rejectOnAbort<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  return await Promise.race([work, aborted]).finally(() => {
    signal.removeEventListener("abort", stop);
  });
}
