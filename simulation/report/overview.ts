import type { SimulationResult } from "../simulate.ts";
import { sum } from "../statistics.ts";
import type { ScalerTrace } from "../trace.ts";
import { type BucketGrid, summarizeBuckets } from "./buckets.ts";
import type { Period } from "./report-input.ts";
import type { Overview } from "./report-model.ts";

const MOST_BUCKETS = 1500;
const STEPS_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600];

/**
 * Sums all scalers of each policy over time. It keeps averages of parts of the time, because the sum of all
 * changes would be as large as all traces together.
 */
export function sumScalers(policies: readonly SimulationResult[], period: Period): Overview {
  const grid = chooseGrid(period);
  return {
    fromMs: grid.fromMs,
    stepMs: grid.stepMs,
    policies: policies.map(({ scalers }) => ({
      demand: sumAverages(scalers, "demand", grid),
      agents: sumAverages(scalers, "agents", grid),
      interruptions: sumInterruptions(scalers, grid),
    })),
  };
}

function chooseGrid({ fromMs, toMs }: Period): BucketGrid {
  const leastSeconds = (toMs - fromMs) / 1000 / MOST_BUCKETS;
  const daySeconds = 86_400;
  const stepSeconds =
    STEPS_SECONDS.find((seconds) => seconds >= leastSeconds) ??
    Math.ceil(leastSeconds / daySeconds) * daySeconds;
  const stepMs = stepSeconds * 1000;
  const startMs = Math.floor(fromMs / stepMs) * stepMs;
  return { fromMs: startMs, stepMs, count: Math.max(1, Math.ceil((toMs - startMs) / stepMs)) };
}

function sumAverages(
  scalers: readonly ScalerTrace[],
  column: "demand" | "agents",
  grid: BucketGrid,
): number[] {
  const averages = scalers.map(
    (trace) => summarizeBuckets(trace.timesMs, trace[column], grid).means,
  );
  return Array.from({ length: grid.count }, (_, bucket) =>
    Number(sum(averages.map((means) => means[bucket] ?? 0)).toFixed(1)),
  );
}

function sumInterruptions(
  scalers: readonly ScalerTrace[],
  { fromMs, stepMs }: BucketGrid,
): Overview["policies"][number]["interruptions"] {
  const jobsByBucket = new Map<number, number>();
  for (const { atMs, jobs } of scalers.flatMap(({ interruptions }) => interruptions)) {
    const startMs = fromMs + Math.floor((atMs - fromMs) / stepMs) * stepMs;
    jobsByBucket.set(startMs, (jobsByBucket.get(startMs) ?? 0) + jobs);
  }
  return [...jobsByBucket]
    .map(([atMs, jobs]) => ({ atMs, jobs }))
    .toSorted((one, other) => one.atMs - other.atMs);
}
