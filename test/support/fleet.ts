import { Fleet } from "../../simulation/fleet/fleet.ts";
import type { Group } from "../../simulation/fleet/group.ts";
import type { GroupOptions, InstanceOptions, Job } from "../../simulation/fleet/options.ts";
import type { Queue } from "../../simulation/fleet/queue.ts";

/** Fleets small enough to be worked out by hand. All times are seconds after {@link START_MS}. */

/** When every fleet of these tests starts. */
export const START_MS = Date.parse("2026-01-05T09:00:00.000Z");

/** So many seconds after the start, in epoch milliseconds. */
export function msAfterStart(seconds: number): number {
  return START_MS + seconds * 1000;
}

const INSTANCE: InstanceOptions = { boot: 60, connect: 10, terminate: 20 };

/**
 * A group of up to ten instances, none at first, with one agent each for the queue `default`. They
 * boot in 60 s, their agents connect 10 s later, and ending one takes 20 s.
 */
export function createGroupOptions(
  group: Partial<Omit<GroupOptions, "instance">> = {},
  instance: Partial<InstanceOptions> = {},
): GroupOptions {
  const usual = { name: "web", queues: ["default"], agentsPerInstance: 1, min: 0, max: 10 };
  return { ...usual, ...group, instance: { ...INSTANCE, ...instance } };
}

/** A job that may run from `seconds` on. */
export function createJob(seconds: number, durationSeconds: number, queue = "default"): Job {
  return { queue, scheduledMs: msAfterStart(seconds), durationMs: durationSeconds * 1000 };
}

/** A fleet that has just started. */
export function createFleet(groups: readonly GroupOptions[], jobs: Iterable<Job> = []): Fleet {
  return new Fleet({ startMs: START_MS, seed: 1, groups, jobs });
}

/** A queue of a fleet, with what it counted. */
export function findQueue(fleet: Fleet, name = "default"): Queue {
  const queue = fleet.results().queues.get(name);
  if (queue === undefined) throw new Error(`the fleet has no queue ${name}`);
  return queue;
}

/** A group of a fleet, with what it counted. */
export function findGroup(fleet: Fleet, name = "web"): Group {
  const group = fleet.results().groups.get(name);
  if (group === undefined) throw new Error(`the fleet has no group ${name}`);
  return group;
}

/** How long each job waited, in seconds, in the order in which they began. */
export function listWaits(fleet: Fleet, queue = "default"): number[] {
  return findQueue(fleet, queue).waitsMs.map((ms) => ms / 1000);
}
