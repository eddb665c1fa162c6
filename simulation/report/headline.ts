import { formatRoundDollars, formatRoundSeconds, formatRoundShare } from "../format-figures.ts";
import type { Measures } from "../measures.ts";
import { nameLength } from "./period.ts";
import type { Period } from "./report-input.ts";

/** Says in one sentence what a policy did for the jobs, and what it cost. */
export function describeRun(measures: Measures, period: Period): string {
  const { money, idleShare } = measures;
  const clauses = [
    describeWaits(measures),
    ...describeUnfinished(measures),
    describeInterruptions(measures),
    `${formatRoundDollars(money)} for ${nameLength(period)}, ${formatRoundShare(idleShare)} of it idle`,
  ];
  return `${clauses.join("; ")}.`;
}

function describeWaits({ waitsMs, waitSeconds }: Measures): string {
  if (waitsMs.length === 0) return "No job began";
  return `95\u00a0% of jobs began ${formatWithin(waitSeconds.p95)}`;
}

/** Formats a limit of waits: `within 1m48s`. */
export function formatWithin(seconds: number): string {
  return seconds < 1 ? "within a second" : `within ${formatRoundSeconds(seconds)}`;
}

function describeUnfinished({ unfinished }: Measures): string[] {
  return unfinished === 0 ? [] : [`${unfinished.toLocaleString("en-US")} had not ended`];
}

function describeInterruptions({ interrupted }: Measures): string {
  if (interrupted === 0) return "none was interrupted";
  if (interrupted === 1) return "one was interrupted";
  return `${interrupted.toLocaleString("en-US")} were interrupted`;
}
