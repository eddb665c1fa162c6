import type { QueueFacts } from "../../functions/core/facts.ts";
import type {
  World,
  WorldActivity,
  WorldGroup,
  WorldInstance,
} from "../../simulation/fleet/world.ts";

/** A queue's counts, as far as they differ from none. */
export interface QueueCounts {
  scheduled?: number;
  running?: number;
  waiting?: number;
  idle?: number;
  busy?: number;
}

/** A group's size, all of it in service unless said otherwise. */
export interface GroupSize {
  min?: number;
  max?: number;
  desired?: number;
  inService?: number;
  pending?: number;
}

/** One command that the world was given. */
export interface CapacityCommand {
  group: string;
  desired: number;
}

/** A world in which nothing happens by itself: what is set stays, and a new capacity is there at once. */
export interface ScriptedWorld extends World {
  setQueue(name: string, counts: QueueCounts): void;
  setGroup(name: string, size: GroupSize): void;
  removeGroup(name: string): void;
  setActivities(group: string, activities: readonly WorldActivity[]): void;
  /** Every capacity that was set, oldest first. */
  readonly commands: readonly CapacityCommand[];
  /** Back to an empty world. */
  clear(): void;
}

/** An empty still world. */
export function createScriptedWorld(): ScriptedWorld {
  const queues = new Map<string, QueueFacts>();
  const groups = new Map<string, WorldGroup>();
  const activities = new Map<string, readonly WorldActivity[]>();
  const commands: CapacityCommand[] = [];
  return {
    organization: "example",
    cluster: "main",
    commands,
    queues: () => queues,
    group: (name) => groups.get(name),
    groupNames: () => [...groups.keys()],
    activities: (group) => activities.get(group) ?? [],
    setQueue: (name, counts) => queues.set(name, queueOf(counts)),
    setGroup: (name, size) => groups.set(name, groupOf(name, size)),
    removeGroup: (name) => groups.delete(name),
    setActivities: (group, log) => activities.set(group, log),
    setDesiredCapacity: (name, desired) => {
      const group = known(groups, name);
      if (desired < group.min || desired > group.max) {
        throw new RangeError(`${desired} is not within ${group.min} and ${group.max}`);
      }
      commands.push({ group: name, desired });
      groups.set(name, groupOf(name, { min: group.min, max: group.max, desired }));
    },
    setLimits: (name, { min, max }) => {
      const { desired } = known(groups, name);
      const within = Math.min(Math.max(desired, min), max);
      groups.set(name, groupOf(name, { min, max, desired: within }));
    },
    clear: () => {
      for (const each of [queues, groups, activities]) each.clear();
      commands.length = 0;
    },
  };
}

function known(groups: ReadonlyMap<string, WorldGroup>, name: string): WorldGroup {
  const group = groups.get(name);
  if (group === undefined) throw new RangeError(`there is no group ${name}`);
  return group;
}

function queueOf({ scheduled = 0, running = 0, waiting = 0, idle = 0, busy = 0 }: QueueCounts) {
  return {
    jobs: { scheduled, running, waiting },
    agents: { idle, busy, total: idle + busy },
  };
}

function groupOf(name: string, size: GroupSize): WorldGroup {
  const { min = 0, max = 10, desired = 0, inService = desired, pending = 0 } = size;
  return {
    name,
    min,
    max,
    desired,
    instances: [
      ...instancesIn("InService", inService, 0),
      ...instancesIn("Pending", pending, inService),
    ],
  };
}

function instancesIn(
  lifecycleState: WorldInstance["lifecycleState"],
  count: number,
  from: number,
): WorldInstance[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `i-${(from + index).toString(16).padStart(17, "0")}`,
    lifecycleState,
  }));
}
