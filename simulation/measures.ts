import type { Fleet } from "./fleet/fleet.ts";
import type { Queue } from "./fleet/queue.ts";
import type { CallCounts } from "./policies/policy.ts";
import { percentile, shareAbove, sortValues, sum } from "./statistics.ts";
import type { Trace } from "./trace.ts";

/** The figures of one policy. A wait runs from the time when an agent may take a job until an agent takes it. */
export interface Measures {
  jobs: number;
  /** Jobs that had not ended when the simulation stopped. */
  unfinished: number;
  waitSeconds: { p50: number; p95: number; p99: number; worst: number; mean: number };
  /** Share of the jobs that waited for more than a minute. */
  waitedOverAMinute: number;
  /** How often a job lost its instance and started again. */
  interrupted: number;
  instanceHours: number;
  /** Share of the agents' time without a job, from 0 to 1. The time starts with the launch of the instance. */
  idleShare: number;
  /** What the instances cost, in US dollars. */
  money: number;
  scalings: number;
  polls: number;
  /** How often an instance lowered a desired capacity that the policy had lowered for it already. */
  doubleDecrements: number;
  /** Calls of Auto Scaling and of SSM's Run Command; undefined if nobody counted them. */
  calls: CallCounts | undefined;
  /**
   * Cold starts: how often a job found a desired capacity of zero, and on average how long it took
   * until the scale-out and until a job ran. Undefined if there was none.
   */
  fromZero: { times: number; scaleOutSeconds: number; startSeconds: number } | undefined;
  /** The wait of each job, in milliseconds, smallest first. */
  waitsMs: Float64Array;
}

/** A run that has ended. */
export interface FinishedRun {
  fleet: Fleet;
  trace: Trace;
  /** Price of one instance for one hour, in US dollars. */
  pricePerHour: number;
  polls: number;
  calls: CallCounts | undefined;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Computes the figures of a run, up to the fleet's current time. */
export function computeMeasures({
  fleet,
  trace,
  pricePerHour,
  polls,
  calls,
}: FinishedRun): Measures {
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
    doubleDecrements: sum(fleets.map((group) => group.doubleDecrements)),
    calls,
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
