import type { CallRecord } from "../../local/sandbox/server.ts";
import type { FleetResults } from "../../simulation/fleet/fleet.ts";
import { percentile, sortValues, sum } from "../../simulation/statistics.ts";
import { formatRunSummary, type RunTally, summaryLine } from "../terminal/run-summary.ts";

/** The totals of a tryout. */
export interface TryoutTally extends RunTally {
  calls: readonly CallRecord[];
  results: FleetResults;
}

const HOUR_MS = 3_600_000;

/** The totals as lines, each with its label. */
export function formatSummary(tally: TryoutTally): string[] {
  const { calls, results } = tally;
  const groups = [...results.groups.values()];
  const instanceMs = sum(groups.map((group) => group.instances.overTime.upTo(results.nowMs)));
  return [
    ...formatRunSummary(tally),
    summaryLine("jobs", jobsText(results)),
    summaryLine("waits", waitsText(results)),
    summaryLine("instance-hours", (instanceMs / HOUR_MS).toFixed(2)),
    summaryLine("calls", callsText(calls)),
  ];
}

function jobsText({ queues }: FleetResults): string {
  const all = [...queues.values()];
  const finished = sum(all.map((queue) => queue.ended));
  const running = sum(all.map((queue) => queue.running));
  const waiting = sum(all.map((queue) => queue.scheduled.size + queue.waiting));
  const interrupted = sum(all.map((queue) => queue.interrupted));
  return `${finished} finished, ${running} still running, ${waiting} still waiting, ${interrupted} interrupted by a scale-in`;
}

function waitsText({ queues }: FleetResults): string {
  const waitsMs = sortValues([...queues.values()].flatMap((queue) => queue.waitsMs));
  const p50 = percentile(waitsMs, 0.5);
  const p95 = percentile(waitsMs, 0.95);
  if (p50 === undefined || p95 === undefined) return "none: no job has begun";
  return `${formatWait(p50)} p50, ${formatWait(p95)} p95`;
}

function formatWait(waitMs: number): string {
  return `${(waitMs / 1000).toFixed(1)} s`;
}

function callsText(calls: readonly CallRecord[]): string {
  const byAction = Map.groupBy(calls, ({ service, action }) =>
    service === "Buildkite" ? "Buildkite metrics" : action,
  );
  return [...byAction].map(([action, { length }]) => `${action} ${length}`).join(", ");
}
