import { type Distribution, sampleMs } from "../fleet/distribution.ts";
import type { Job } from "../fleet/options.ts";
import type { Random } from "../fleet/random.ts";

/** How Buildkite's events reach a loop's queue. */
export interface EventDelivery {
  /** From the moment when a job is scheduled, in seconds. */
  delay: Distribution;
  /** Share of events that never arrive. Default: 0. */
  lost?: number;
  /** Share of events that arrive twice, the second time with a delay of its own. Default: 0. */
  doubled?: number;
}

/**
 * Draws when the event of a job arrives, in whole epoch milliseconds: once, twice, or never. Draws as often for
 * every event.
 */
export function sampleArrivalsMs(
  { scheduledMs }: Pick<Job, "scheduledMs">,
  { delay, lost = 0, doubled = 0 }: EventDelivery,
  random: Random,
): number[] {
  const isLost = random() < lost;
  const isDoubled = random() < doubled;
  const arrivals = [sampleMs(delay, random), sampleMs(delay, random)].map((delayMs) =>
    Math.ceil(scheduledMs + delayMs),
  );
  return isLost ? [] : arrivals.slice(0, isDoubled ? 2 : 1);
}
