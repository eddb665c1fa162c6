/**
 * Runs work under a time limit and under the caller's signal, and clears the timer afterwards. Rejects
 * with the work's own error. `isExpired()` tells whether the limit, rather than the caller, aborted it.
 */
export async function runWithTimeLimit<T>(
  limitMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal, isExpired: () => boolean) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), limitMs);
  try {
    return await work(AbortSignal.any([limit.signal, outer]), () => limit.signal.aborted);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for some milliseconds, or until the signal aborts. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      resolve();
    };
    const timer = setTimeout(stop, milliseconds);
    signal.addEventListener("abort", stop);
  });
}

/** Stops waiting, once the signal aborts, for work that takes no signal. @throws the signal's reason */
export async function rejectOnAbort<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  return await Promise.race([work, aborted]).finally(() => {
    signal.removeEventListener("abort", stop);
  });
}
