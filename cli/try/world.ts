import { parseScalers, type Scaler } from "../../functions/core/scaler.ts";
import { Fleet } from "../../simulation/fleet/fleet.ts";
import type { GroupOptions } from "../../simulation/fleet/options.ts";
import { generateJobs } from "./demo-workloads.ts";
import type { TryoutOptions } from "./options.ts";

/** Jobs stop coming so long before the end, in seconds, so that one sees the groups scaled in. */
const QUIET_END_SECONDS = 50;

const LARGEST_GROUP = 10;

/** Instances that boot in seconds: one wants to see their agents arrive. */
const INSTANCE = {
  boot: { from: 6, to: 12 },
  connect: { from: 3, to: 6 },
  terminate: { from: 5, to: 10 },
};

/** The fleet that a tryout's scalers scale. */
export function createFleet(
  { loop, seed, seconds, workload }: TryoutOptions,
  startMs: number,
): Fleet {
  const scalers = parseScalers(loop.scalers);
  const toMs = startMs + Math.max(seconds / 2, seconds - QUIET_END_SECONDS) * 1000;
  const queues = [...new Set(scalers.flatMap((scaler) => scaler.queues))];
  const jobs = generateJobs(queues, workload, { seed, fromMs: startMs, toMs });
  return new Fleet({ startMs, seed, groups: scalers.map(groupOf), jobs });
}

function groupOf({ group, queues, agentsPerInstance }: Scaler): GroupOptions {
  return { name: group, queues, agentsPerInstance, min: 0, max: LARGEST_GROUP, instance: INSTANCE };
}
