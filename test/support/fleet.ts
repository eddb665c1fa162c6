import { Fleet } from "../../simulation/fleet/fleet.ts";
import type { Group } from "../../simulation/fleet/group.ts";
import type { GroupOptions, InstanceOptions, Job } from "../../simulation/fleet/options.ts";
import type { Queue } from "../../simulation/fleet/queue.ts";

/** Small fleets whose results can be calculated by hand. Times are seconds after {@link START_MS}. */

/** The start of every fleet in these tests, in epoch milliseconds. */
export const START_MS = Date.parse("2026-01-05T09:00:00.000Z");

/** Returns the time some seconds after the start, in epoch milliseconds. */
export function msAfterStart(seconds: number): number {
  return START_MS + seconds * 1000;
}

const INSTANCE: InstanceOptions = { boot: 60, connect: 10, terminate: 20 };

/**
 * Creates a group of up to ten instances with one agent each for the queue `default`. It starts
 * empty. Instances boot in 60 s, agents connect 10 s later, and a termination takes 20 s.
 */
export function createGroupOptions(
  group: Partial<Omit<GroupOptions, "instance">> = {},
  instance: Partial<InstanceOptions> = {},
): GroupOptions {
  const usual = { name: "web", queues: ["default"], agentsPerInstance: 1, min: 0, max: 10 };
  return { ...usual, ...group, instance: { ...INSTANCE, ...instance } };
}

/** Creates a job that may run from `seconds` on. */
export function createJob(seconds: number, durationSeconds: number, queue = "default"): Job {
  return { queue, scheduledMs: msAfterStart(seconds), durationMs: durationSeconds * 1000 };
}

/** Creates a fleet at its start. */
export function createFleet(groups: readonly GroupOptions[], jobs: Iterable<Job> = []): Fleet {
  return new Fleet({ startMs: START_MS, seed: 1, groups, jobs });
}

/** Returns a queue of a fleet, with its results. */
export function findQueue(fleet: Fleet, name = "default"): Queue {
  const queue = fleet.results().queues.get(name);
  if (queue === undefined) throw new Error(`the fleet has no queue ${name}`);
  return queue;
}

/** Returns a group of a fleet, with its results. */
export function findGroup(fleet: Fleet, name = "web"): Group {
  const group = fleet.results().groups.get(name);
  if (group === undefined) throw new Error(`the fleet has no group ${name}`);
  return group;
}

/** Lists how long each job waited, in seconds, in the order in which they started. */
export function listWaits(fleet: Fleet, queue = "default"): number[] {
  return findQueue(fleet, queue).waitsMs.map((ms) => ms / 1000);
}
