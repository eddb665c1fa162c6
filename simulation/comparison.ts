import {
  formatCount,
  formatDollars,
  formatHours,
  formatSeconds,
  formatShare,
} from "./format-figures.ts";
import { formatTable } from "./format-table.ts";
import type { Measures } from "./measures.ts";
import type { SimulationResult } from "./simulate.ts";

/** One line of the comparison: a measure, its format, and which values are better. */
export interface MeasureLine {
  label: string;
  read(measures: Measures): number | undefined;
  format(value: number): string;
  /** Absent if neither is better. */
  better?: "less" | "more";
}

/** The measures of every policy, in the order of the comparison. */
export const MEASURE_LINES: readonly MeasureLine[] = [
  { label: "jobs", read: (m) => m.jobs, format: formatCount },
  { label: "wait p50", read: (m) => m.waitSeconds.p50, format: formatSeconds, better: "less" },
  { label: "wait p95", read: (m) => m.waitSeconds.p95, format: formatSeconds, better: "less" },
  { label: "wait p99", read: (m) => m.waitSeconds.p99, format: formatSeconds, better: "less" },
  { label: "wait worst", read: (m) => m.waitSeconds.worst, format: formatSeconds, better: "less" },
  {
    label: "waited over 1m",
    read: (m) => m.waitedOverAMinute,
    format: formatShare,
    better: "less",
  },
  {
    label: "from zero: scale-out after",
    read: (m) => m.fromZero?.scaleOutSeconds,
    format: formatSeconds,
    better: "less",
  },
  {
    label: "from zero: first job runs after",
    read: (m) => m.fromZero?.startSeconds,
    format: formatSeconds,
    better: "less",
  },
  { label: "jobs interrupted", read: (m) => m.interrupted, format: formatCount, better: "less" },
  { label: "instance-hours", read: (m) => m.instanceHours, format: formatHours, better: "less" },
  { label: "idle share", read: (m) => m.idleShare, format: formatShare, better: "less" },
  { label: "cost", read: (m) => m.money, format: formatDollars, better: "less" },
  { label: "scalings", read: (m) => m.scalings, format: formatCount },
  { label: "polls", read: (m) => m.polls, format: formatCount },
  {
    label: "desired lowered twice",
    read: (m) => m.doubleDecrements,
    format: formatCount,
    better: "less",
  },
  { label: "Auto Scaling calls", read: (m) => m.calls?.autoScaling, format: formatCount },
  { label: "SSM calls", read: (m) => m.calls?.ssm, format: formatCount },
  { label: "jobs unfinished", read: (m) => m.unfinished, format: formatCount, better: "less" },
];

/** The policy that no real policy can follow: it is never marked as the best one. */
export const BOUND = "ideal";

/** Returns the names of the policies that are best at a measure; none if all are equal. */
export function findBestPolicies(
  line: MeasureLine,
  policies: readonly SimulationResult[],
): Set<string> {
  const { better } = line;
  const real = policies.filter(({ policy }) => policy !== BOUND);
  const values = real.flatMap(({ measures }) => line.read(measures) ?? []);
  if (better === undefined || new Set(values).size < 2) return new Set();
  const best = better === "less" ? Math.min(...values) : Math.max(...values);
  return new Set(
    real.filter(({ measures }) => line.read(measures) === best).map(({ policy }) => policy),
  );
}

const STAR = " *";

/** As wide as the star, so that the figures of a column stay aligned. */
const NO_STAR = "  ";

/** Formats the policies side by side, as lines of text. The best value of each line has a star. */
export function formatComparison(policies: readonly SimulationResult[]): string[] {
  const head = ["", ...policies.map(({ policy }) => `${policy}${NO_STAR}`)];
  const rows = MEASURE_LINES.map((line) => {
    const best = findBestPolicies(line, policies);
    const cells = policies.map(({ policy, measures }) => {
      const value = line.read(measures);
      const text = value === undefined ? "-" : line.format(value);
      return `${text}${best.has(policy) ? STAR : NO_STAR}`;
    });
    return [line.label, ...cells];
  });
  return formatTable([head, ...rows]);
}

/** Formats the policies as JSON: name, description, and the measures with the number of waits instead of each wait. */
export function formatComparisonJson(policies: readonly SimulationResult[]): string {
  const plain = policies.map(({ policy, about, measures: { waitsMs, ...measures } }) => ({
    policy,
    about,
    measures: { ...measures, waits: waitsMs.length },
  }));
  return JSON.stringify({ policies: plain }, undefined, 2);
}
