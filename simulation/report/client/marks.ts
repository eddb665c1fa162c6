import { countLeading } from "../../statistics.ts";
import type { TracedDecision } from "../../trace.ts";
import type { Range } from "./range.ts";

/** Decisions that are drawn as one mark, because they are too close to each other. */
export interface MarkGroup {
  atMs: number;
  decisions: readonly TracedDecision[];
}

/** Decisions within a range, both ends included. */
export function selectMarks(
  { fromMs, toMs }: Range,
  decisions: readonly TracedDecision[],
): readonly TracedDecision[] {
  const start = firstFrom(fromMs, decisions);
  const end = firstFrom(toMs + 1, decisions);
  return decisions.slice(start, end);
}

function firstFrom(ms: number, decisions: readonly TracedDecision[]): number {
  return countLeading(decisions.length, (index) => (decisions[index]?.atMs ?? 0) < ms);
}

/** At most one mark every so often: decisions closer than that to the first of a mark join it. */
export function groupCloseMarks(
  decisions: readonly TracedDecision[],
  leastGapMs: number,
): MarkGroup[] {
  const groups: { atMs: number; decisions: TracedDecision[] }[] = [];
  for (const decision of decisions) {
    const last = groups.at(-1);
    if (last !== undefined && decision.atMs - last.atMs < leastGapMs) last.decisions.push(decision);
    else groups.push({ atMs: decision.atMs, decisions: [decision] });
  }
  return groups;
}
