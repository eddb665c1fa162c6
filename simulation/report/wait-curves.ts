import { shareAbove } from "../statistics.ts";
import type { WaitCurves } from "./report-model.ts";

const FROM_SECONDS = 1;
const POINTS_PER_DECADE = 60;

/**
 * For each policy, the share of jobs that waited longer than so many seconds, at times that are evenly
 * spread on a log axis, from a second to the longest wait of all.
 * @param waitsMs of each policy, each sorted, smallest first
 */
export function computeWaitCurves(waitsMs: readonly Float64Array[]): WaitCurves {
  const worstSeconds = Math.max(0, ...waitsMs.map((waits) => waits.at(-1) ?? 0)) / 1000;
  const seconds = logSpaced(FROM_SECONDS, Math.max(worstSeconds, 10 * FROM_SECONDS));
  const shares = waitsMs.map((waits) => seconds.map((at) => shareAbove(at * 1000, waits) || null));
  return { seconds, shares };
}

function logSpaced(from: number, to: number): number[] {
  const steps = Math.ceil(Math.log10(to / from) * POINTS_PER_DECADE);
  return Array.from({ length: steps + 1 }, (_, step) =>
    Number((from * 10 ** (step / POINTS_PER_DECADE)).toPrecision(4)),
  );
}
