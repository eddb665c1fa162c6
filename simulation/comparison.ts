import { formatDuration } from "../functions/core/duration.ts";
import { formatTable } from "./format-table.ts";
import type { Measures } from "./measures.ts";
import type { SimulationResult } from "./simulate.ts";

/** One line of the comparison: a measure, how it is shown, and which way is better. */
export interface MeasureLine {
  label: string;
  of(measures: Measures): number | undefined;
  shown(value: number): string;
  /** Absent where neither way is better. */
  better?: "less" | "more";
}

const seconds = (value: number) =>
  value < 100 ? `${value.toFixed(1)} s` : formatDuration(Math.round(value));
const count = (value: number) => value.toLocaleString("en-US");
const share = (value: number) => `${(value * 100).toFixed(1)} %`;
const hours = (value: number) =>
  value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 2 : 0 });
const money = (value: number) =>
  value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** What is said of every policy. */
export const MEASURE_LINES: readonly MeasureLine[] = [
  { label: "jobs", of: (m) => m.jobs, shown: count },
  { label: "wait p50", of: (m) => m.waitSeconds.p50, shown: seconds, better: "less" },
  { label: "wait p95", of: (m) => m.waitSeconds.p95, shown: seconds, better: "less" },
  { label: "wait p99", of: (m) => m.waitSeconds.p99, shown: seconds, better: "less" },
  { label: "wait worst", of: (m) => m.waitSeconds.worst, shown: seconds, better: "less" },
  { label: "waited over 1m", of: (m) => m.waitedOverAMinute, shown: share, better: "less" },
  {
    label: "from zero: scale-out after",
    of: (m) => m.fromZero?.scaleOutSeconds,
    shown: seconds,
    better: "less",
  },
  {
    label: "from zero: first job runs after",
    of: (m) => m.fromZero?.startSeconds,
    shown: seconds,
    better: "less",
  },
  { label: "jobs interrupted", of: (m) => m.interrupted, shown: count, better: "less" },
  { label: "instance-hours", of: (m) => m.instanceHours, shown: hours, better: "less" },
  { label: "idle share", of: (m) => m.idleShare, shown: share, better: "less" },
  { label: "money", of: (m) => m.money, shown: money, better: "less" },
  { label: "scalings", of: (m) => m.scalings, shown: count },
  { label: "polls", of: (m) => m.polls, shown: count },
  { label: "jobs unfinished", of: (m) => m.unfinished, shown: count, better: "less" },
];

/** A policy that nobody can follow, and that is therefore never the best one. */
const BOUND = "ideal";

/** Which policies are best at a line; none where all are alike. */
export function findBestPolicies(
  line: MeasureLine,
  policies: readonly SimulationResult[],
): Set<string> {
  const { better } = line;
  const real = policies.filter(({ policy }) => policy !== BOUND);
  const values = real.flatMap(({ measures }) => line.of(measures) ?? []);
  if (better === undefined || new Set(values).size < 2) return new Set();
  const best = better === "less" ? Math.min(...values) : Math.max(...values);
  return new Set(
    real.filter(({ measures }) => line.of(measures) === best).map(({ policy }) => policy),
  );
}

const STAR = " *";

/** As wide as the star, so that the figures of a column stay aligned. */
const NO_STAR = "  ";

/** The policies side by side, as lines of text; what is best at a line has a star. */
export function formatComparison(policies: readonly SimulationResult[]): string[] {
  const head = ["", ...policies.map(({ policy }) => `${policy}${NO_STAR}`)];
  const rows = MEASURE_LINES.map((line) => {
    const best = findBestPolicies(line, policies);
    const cells = policies.map(({ policy, measures }) => {
      const value = line.of(measures);
      const text = value === undefined ? "-" : line.shown(value);
      return `${text}${best.has(policy) ? STAR : NO_STAR}`;
    });
    return [line.label, ...cells];
  });
  return formatTable([head, ...rows]);
}

/** The figures for machines: a policy's name, what it is, and its measures without the single waits. */
export function formatComparisonJson(policies: readonly SimulationResult[]): string {
  const plain = policies.map(({ policy, about, measures: { waitsMs, ...measures } }) => ({
    policy,
    about,
    measures: { ...measures, waits: waitsMs.length },
  }));
  return JSON.stringify({ policies: plain }, undefined, 2);
}
