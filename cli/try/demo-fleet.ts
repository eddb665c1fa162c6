import type { LoopInput } from "../../config/loops.ts";
import { parseScalers } from "../../functions/core/read-scalers.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import { Fleet } from "../../simulation/fleet/fleet.ts";
import type { GroupOptions, Job } from "../../simulation/fleet/options.ts";
import { type DemoWorkload, generateDemoJobs } from "./demo-workloads.ts";

/** What the jobs and instances of a tryout depend on. */
export interface DemoFleetOptions {
  loop: LoopInput;
  /** Duration of the tryout. */
  seconds: number;
  seed: number;
  workload: DemoWorkload;
}

/**
 * No jobs are scheduled in the last seconds, so that the tryout shows groups that scale in: it takes two
 * polls to look at the instances and to stop some, and a third one to end them.
 */
const QUIET_END_SECONDS = 80;

/** Maximum size of each group. */
export const MAX_SIZE = 10;

/** Instances boot in seconds, so that agents connect while one watches. */
export const INSTANCE = {
  boot: { from: 6, to: 12 },
  connect: { from: 3, to: 6 },
  terminate: { from: 5, to: 10 },
};

/** Creates the groups, queues and jobs for the scalers of a tryout. */
export function createDemoFleet(options: DemoFleetOptions, startMs: number): Fleet {
  const { loop, seed } = options;
  const groups = parseScalers(loop.scalers).map(createGroupOptions);
  return new Fleet({ startMs, seed, groups, jobs: listDemoJobs(options, startMs) });
}

/** Returns the jobs of a tryout, the same for the same options. */
export function listDemoJobs(
  { loop, seed, seconds, workload }: DemoFleetOptions,
  startMs: number,
): Iterable<Job> {
  const toMs = startMs + Math.max(seconds / 2, seconds - QUIET_END_SECONDS) * 1000;
  return generateDemoJobs(listQueues(loop), workload, { seed, fromMs: startMs, toMs });
}

/** Returns the Buildkite queues of a loop. */
export function listQueues(loop: LoopInput): string[] {
  return [...new Set(parseScalers(loop.scalers).flatMap(({ queues }) => queues))];
}

function createGroupOptions({ group, queues, agentsPerInstance, scaleIn }: Scaler): GroupOptions {
  const endsItself = scaleIn.graceful && scaleIn.endedBy === "instance" ? { endsItself: {} } : {};
  const instance = { ...INSTANCE, unit: scaleIn.unit, ...endsItself };
  return { name: group, queues, agentsPerInstance, min: 0, max: MAX_SIZE, instance };
}
