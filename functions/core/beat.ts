import { parseInstantMs } from "./instant.ts";

/** When a loop may poll: the beat it is to poll at next, and the end of its slot. */
export interface Loop {
  /** RFC 3339, whole seconds. */
  nextPollAt: string;
  /** RFC 3339: no poll begins at or after this. */
  pollUntil: string;
  /** Whether metrics are published to CloudWatch; absent: they are not. */
  publishMetrics?: boolean | undefined;
}

/** What decides the next beat. */
export interface BeatFacts {
  /** The beat of this poll, in epoch milliseconds. */
  beatMs: number;
  /** When this poll had its facts, in epoch milliseconds. */
  observedMs: number;
  intervalSeconds: number;
}

/**
 * The first beat after this poll: the poll's own beat plus the interval, or, where the poll took
 * longer than that, plus as many intervals as it takes to lie in the future. Beats that were missed
 * are not made up for.
 */
export function nextBeatMs({ beatMs, observedMs, intervalSeconds }: BeatFacts): number {
  const intervalMs = intervalSeconds * 1000;
  const missed = Math.max(0, Math.floor((observedMs - beatMs) / intervalMs));
  return beatMs + (missed + 1) * intervalMs;
}

/** The beat that this poll answers to: the loop's, or, in a replay without one, the second it was observed in. */
export function currentBeatMs(loop: Loop | undefined, observedMs: number): number {
  const second = Math.floor(observedMs / 1000) * 1000;
  return loop === undefined ? second : parseInstantMs(loop.nextPollAt);
}

/** Whether a loop may poll no more at this time. One without an end always may. */
export function isSlotOver(pollUntil: string | undefined, nowMs: number): boolean {
  return pollUntil !== undefined && nowMs >= parseInstantMs(pollUntil);
}

/** Whether a boundary of the publish interval lies after this beat and not after the next one. */
export function isPublishDue(
  beatMs: number,
  nextMs: number,
  publishIntervalSeconds: number,
): boolean {
  const intervalMs = publishIntervalSeconds * 1000;
  return Math.floor(nextMs / intervalMs) > Math.floor(beatMs / intervalMs);
}
