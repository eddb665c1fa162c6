import { formatDuration } from "../../functions/core/duration.ts";
import { countUpTo } from "../statistics.ts";

/** Waits up to a limit and longer than the previous class's limit. */
export interface WaitClass {
  label: string;
  /** For each policy, the share of its jobs, from 0 to 1. */
  shares: number[];
}

/** Upper limits in seconds. Shorter waits than the first one are not noticed. */
const LIMITS_SECONDS = [1, 30, 60, 120, 300, 600, 1800, 3600] as const;
/** The limits if no job waits for longer than the last of them. */
const SHORT_LIMITS_SECONDS = [1, 5, 10, 15, 20, 30] as const;

/**
 * Divides the waits under each policy into classes. The last class has no limit. Classes that are longer
 * than every wait are left out.
 * @param waitsMs the waits under each policy, each list sorted, smallest first
 */
export function classifyWaits(waitsMs: readonly Float64Array[]): WaitClass[] {
  const longestSeconds = Math.max(0, ...waitsMs.map((waits) => waits.at(-1) ?? 0)) / 1000;
  const limits = chooseLimits(longestSeconds);
  return limits.map((limit, index) => {
    const from = limits[index - 1];
    return {
      label: nameClass(from, limit),
      shares: waitsMs.map((waits) => shareBetween(from ?? -1, limit, waits)),
    };
  });
}

function chooseLimits(longestSeconds: number): number[] {
  const isShort = longestSeconds <= (SHORT_LIMITS_SECONDS.at(-1) ?? 0);
  const all: readonly number[] = isShort ? SHORT_LIMITS_SECONDS : LIMITS_SECONDS;
  const used = all.filter((_, index) => index === 0 || (all[index - 1] ?? 0) < longestSeconds);
  return (used.at(-1) ?? 0) < longestSeconds ? [...used, Number.POSITIVE_INFINITY] : used;
}

function nameClass(from: number | undefined, limit: number): string {
  if (from === undefined) return "at once";
  return Number.isFinite(limit) ? `up to ${formatDuration(limit)}` : `over ${formatDuration(from)}`;
}

function shareBetween(fromSeconds: number, toSeconds: number, waits: Float64Array): number {
  if (waits.length === 0) return 0;
  return (countUpTo(toSeconds * 1000, waits) - countUpTo(fromSeconds * 1000, waits)) / waits.length;
}
