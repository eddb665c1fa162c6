import { formatDuration } from "../../functions/core/duration.ts";
import { plural } from "../../functions/core/plural.ts";
import type { CallRecord } from "../../local/sandbox/server.ts";
import type { FleetResults } from "../../simulation/fleet/fleet.ts";
import { percentile, sortValues, sum } from "../../simulation/statistics.ts";

/** What a tryout came to. */
export interface TryoutTally {
  seconds: number;
  polls: number;
  scaleOuts: number;
  scaleIns: number;
  held: number;
  calls: readonly CallRecord[];
  results: FleetResults;
}

const HOUR_MS = 3_600_000;

/** The summary as lines, each a label and what is to be said. */
export function formatSummary(tally: TryoutTally): string[] {
  const { seconds, polls, scaleOuts, scaleIns, held, calls, results } = tally;
  const queues = [...results.queues.values()];
  const waits = sortValues(queues.flatMap(({ waitsMs }) => waitsMs));
  const ended = sum(queues.map((queue) => queue.ended));
  const running = sum(queues.map((queue) => queue.running));
  const waiting = sum(queues.map((queue) => queue.scheduled.size + queue.waiting));
  const killed = sum(queues.map((queue) => queue.killed));
  const groups = [...results.groups.values()];
  const instanceMs = sum(groups.map((group) => group.instancesOverTime.upTo(results.nowMs)));
  const moved = [plural(scaleOuts, "scale-out"), plural(scaleIns, "scale-in")];
  return [
    `ran for         ${formatDuration(Math.round(seconds))}`,
    `jobs            ${ended} run to their end, ${running} still running, ${waiting} still waiting, ${killed} killed by a scale-in`,
    `waits           ${shown(percentile(waits, 0.5))} p50, ${shown(percentile(waits, 0.95))} p95`,
    `instance-hours  ${(instanceMs / HOUR_MS).toFixed(2)}`,
    `polls           ${polls}`,
    `decisions       ${[...moved, ...(held === 0 ? [] : [`${held} held by a fault`])].join(", ")}`,
    `calls           ${callsText(calls)}`,
  ];
}

function shown(ms: number | undefined): string {
  return ms === undefined ? "none" : `${(ms / 1000).toFixed(1)} s`;
}

function callsText(calls: readonly CallRecord[]): string {
  const byAction = Map.groupBy(calls, ({ service, action }) =>
    service === "Buildkite" ? "Buildkite metrics" : action,
  );
  return [...byAction].map(([action, made]) => `${action} ${made.length}`).join(", ");
}
