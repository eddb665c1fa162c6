import { formatDuration } from "../duration.ts";
import type { Fault } from "../facts.ts";
import type { Scaler } from "../scaler.ts";

const OLDEST_METRICS_SECONDS = 120;

/**
 * Rule 9. In Elastic CI mode, a decision needs counts that are at most two minutes old. (The mode's
 * longer scale-in cooldown is a default of its settings. Its rule to wait while instances are pending
 * needs no code: a scale-in looks at desired only, never at the instances in service.)
 */
export function findStaleMetrics(
  metricsAgeSeconds: number | undefined,
  scaler: Scaler,
): Fault | undefined {
  if (!scaler.elasticCiMode || metricsAgeSeconds === undefined) return undefined;
  if (metricsAgeSeconds <= OLDEST_METRICS_SECONDS) return undefined;
  const age = formatDuration(metricsAgeSeconds);
  return {
    error: "StaleMetrics",
    message: `Buildkite's counts are ${age} old; at most 2m are allowed`,
  };
}
