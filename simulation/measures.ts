import type { Fleet } from "./fleet/fleet.ts";
import type { Queue } from "./fleet/queue.ts";
import { percentile, shareAbove, sortValues, sum } from "./statistics.ts";
import type { Trace } from "./trace.ts";

/** How a policy did. Waits run from when a job might have run to when an agent took it. */
export interface Measures {
  jobs: number;
  /** Jobs that had not ended when the simulation was broken off. */
  unfinished: number;
  waitSeconds: { p50: number; p95: number; p99: number; worst: number; mean: number };
  /** Share of the jobs that waited for more than a minute. */
  waitedOverAMinute: number;
  /** Jobs that an instance took with it; each started again. */
  interrupted: number;
  instanceHours: number;
  /** Share of the instances' agents' time in which they had no job, booting included. */
  idleShare: number;
  /** In the unit of the price. */
  money: number;
  scalings: number;
  polls: number;
  /**
   * Jobs that found no instance desired: how often, and on average how long until the scale-out that
   * they caused, and until the first job ran. Undefined where that never happened.
   */
  fromZero: { times: number; scaleOutSeconds: number; startSeconds: number } | undefined;
  /** Of each job, in milliseconds, smallest first. */
  waitsMs: Float64Array;
}

/** What there is to measure. */
export interface FinishedRun {
  fleet: Fleet;
  trace: Trace;
  /** Of an instance. */
  pricePerHour: number;
  polls: number;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

export function computeMeasures({ fleet, trace, pricePerHour, polls }: FinishedRun): Measures {
  const { nowMs, queues, groups } = fleet.results();
  const all = [...queues.values()];
  const waitsMs = sortValues(concatenate(all.map((queue) => queue.waitsMs)));
  const ended = sum(all.map((queue) => queue.ended));
  const running = sum(all.map((queue) => queue.running + queue.scheduled.size + queue.waiting));
  const fleets = [...groups.values()];
  const billedMs = sum(fleets.map((group) => group.instances.billedUpTo(nowMs)));
  const capacityMs = sum(
    fleets.map((g) => g.instances.overTime.upTo(nowMs) * g.options.agentsPerInstance),
  );
  const busyMs = sum(fleets.map((group) => group.agents.busyOverTime.upTo(nowMs)));
  return {
    jobs: ended + running,
    unfinished: running,
    waitSeconds: summarizeWaits(waitsMs),
    waitedOverAMinute: shareAbove(MINUTE_MS, waitsMs),
    interrupted: sum(all.map((queue) => queue.interrupted)),
    instanceHours: sum(fleets.map((g) => g.instances.overTime.upTo(nowMs))) / HOUR_MS,
    idleShare: capacityMs === 0 ? 0 : 1 - busyMs / capacityMs,
    money: (billedMs / HOUR_MS) * pricePerHour,
    scalings: trace.scalings,
    polls,
    fromZero: summarizeColdStarts(all),
    waitsMs,
  };
}

function summarizeWaits(waitsMs: Float64Array): Measures["waitSeconds"] {
  const at = (share: number) => (percentile(waitsMs, share) ?? 0) / 1000;
  const mean = waitsMs.length === 0 ? 0 : sum(waitsMs) / waitsMs.length / 1000;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), worst: at(1), mean };
}

function summarizeColdStarts(queues: readonly Queue[]): Measures["fromZero"] {
  const reactions = queues.flatMap(({ reactionsMs }) => reactionsMs);
  const starts = queues.flatMap(({ coldStartsMs }) => coldStartsMs);
  if (reactions.length === 0 || starts.length === 0) return undefined;
  return {
    times: reactions.length,
    scaleOutSeconds: sum(reactions) / reactions.length / 1000,
    startSeconds: sum(starts) / starts.length / 1000,
  };
}

function concatenate(lists: readonly number[][]): Float64Array {
  const all = new Float64Array(lists.reduce((count, list) => count + list.length, 0));
  let from = 0;
  for (const list of lists) {
    all.set(list, from);
    from += list.length;
  }
  return all;
}
