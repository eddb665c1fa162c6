import { shareAbove } from "../statistics.ts";
import type { WaitCurves } from "./report-model.ts";

const START_SECONDS = 1;
const POINTS_PER_DECADE = 60;

/**
 * Returns, for each policy, the share of jobs that waited longer than each of a list of times: zero, and
 * times that are evenly spaced on a logarithmic axis, from one second to the longest wait of all policies.
 * @param waitsMs the waits under each policy, each list sorted, smallest first
 */
export function computeWaitCurves(waitsMs: readonly Float64Array[]): WaitCurves {
  const longestSeconds = Math.max(0, ...waitsMs.map((waits) => waits.at(-1) ?? 0)) / 1000;
  const seconds = [
    0,
    ...logSpacedTimes(START_SECONDS, Math.max(longestSeconds, 10 * START_SECONDS)),
  ];
  const shares = waitsMs.map((waits) =>
    seconds.map((time) => shareAbove(time * 1000, waits) || null),
  );
  return { seconds, shares };
}

function logSpacedTimes(fromSeconds: number, toSeconds: number): number[] {
  const steps = Math.ceil(Math.log10(toSeconds / fromSeconds) * POINTS_PER_DECADE);
  return Array.from({ length: steps + 1 }, (_, step) =>
    Number((fromSeconds * 10 ** (step / POINTS_PER_DECADE)).toPrecision(4)),
  );
}
