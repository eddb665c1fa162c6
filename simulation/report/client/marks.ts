import { countLeading } from "../../statistics.ts";
import type { TracedDecision } from "../../trace.ts";
import type { TimeRange } from "./time-range.ts";

/** One mark on a chart. It represents several decisions if they are too close to be drawn apart. */
export interface MarkGroup {
  /** Epoch milliseconds of the first decision. */
  atMs: number;
  decisions: readonly TracedDecision[];
}

/** Returns the decisions within a time range, both ends included. */
export function selectDecisions(
  { fromMs, toMs }: TimeRange,
  decisions: readonly TracedDecision[],
): readonly TracedDecision[] {
  return decisions.slice(countBefore(fromMs, decisions), countBefore(toMs + 1, decisions));
}

function countBefore(ms: number, decisions: readonly TracedDecision[]): number {
  return countLeading(decisions.length, (index) => (decisions[index]?.atMs ?? 0) < ms);
}

/** Groups decisions into marks: a decision joins the previous mark if it is less than `minGapMs` after it. */
export function groupCloseMarks(
  decisions: readonly TracedDecision[],
  minGapMs: number,
): MarkGroup[] {
  const groups: { atMs: number; decisions: TracedDecision[] }[] = [];
  for (const decision of decisions) {
    const last = groups.at(-1);
    if (last !== undefined && decision.atMs - last.atMs < minGapMs) last.decisions.push(decision);
    else groups.push({ atMs: decision.atMs, decisions: [decision] });
  }
  return groups;
}
