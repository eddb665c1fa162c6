import { type Distribution, sampleMs } from "../fleet/distribution.ts";
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

/** Draws how late an event arrives, in milliseconds: once, twice, or never. Draws as often for every event. */
export function sampleDelaysMs(delivery: EventDelivery, random: Random): number[] {
  const { delay, lost = 0, doubled = 0 } = delivery;
  const isLost = random() < lost;
  const isDoubled = random() < doubled;
  const [first, second] = [sampleMs(delay, random), sampleMs(delay, random)];
  if (isLost) return [];
  return isDoubled ? [first, second] : [first];
}
