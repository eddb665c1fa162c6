import { countLeading } from "../../statistics.ts";
import type { TracedDecision, TracedInterruption } from "../../trace.ts";
import type { TimeRange } from "./time-range.ts";

/** What a chart marks in time. */
export type TraceEvent = TracedDecision | TracedInterruption;

/** One mark on a chart. It represents several events if they are too close to be drawn apart. */
export interface MarkGroup {
  /** Epoch milliseconds of the first event. */
  atMs: number;
  events: readonly TraceEvent[];
}

/** Returns whether an event is the interruption of jobs. */
export function isInterruption(event: TraceEvent): event is TracedInterruption {
  return "jobs" in event;
}

/** Returns whether an event is a decision. */
export function isDecision(event: TraceEvent): event is TracedDecision {
  return !isInterruption(event);
}

/** Returns decisions and interruptions in one list, sorted by time. */
export function mergeEvents(trace: {
  decisions: readonly TracedDecision[];
  interruptions: readonly TracedInterruption[];
}): readonly TraceEvent[] {
  if (trace.interruptions.length === 0) return trace.decisions;
  return [...trace.decisions, ...trace.interruptions].sort((one, other) => one.atMs - other.atMs);
}

/** Returns the events within a time range, both ends included. @param events sorted by time */
export function selectEvents(
  { fromMs, toMs }: TimeRange,
  events: readonly TraceEvent[],
): readonly TraceEvent[] {
  return events.slice(countBefore(fromMs, events), countBefore(toMs + 1, events));
}

function countBefore(ms: number, events: readonly TraceEvent[]): number {
  return countLeading(events.length, (index) => (events[index]?.atMs ?? 0) < ms);
}

/** Groups events into marks: an event joins the previous mark if it is less than `minGapMs` after it. */
export function groupCloseMarks(events: readonly TraceEvent[], minGapMs: number): MarkGroup[] {
  const groups: { atMs: number; events: TraceEvent[] }[] = [];
  for (const event of events) {
    const last = groups.at(-1);
    if (last !== undefined && event.atMs - last.atMs < minGapMs) last.events.push(event);
    else groups.push({ atMs: event.atMs, events: [event] });
  }
  return groups;
}
