import type { QueueFacts } from "../../functions/core/facts.ts";
import { formatTimesTag, parseTimesTag, TIMES_TAG } from "../../functions/core/group-times.ts";
import {
  UnknownInstances,
  type World,
  type WorldGroup,
  type WorldInstance,
} from "../../simulation/fleet/world.ts";

/** The counts of a queue. Default: 0. */
export interface QueueCounts {
  scheduled?: number;
  running?: number;
  waiting?: number;
  idle?: number;
  busy?: number;
}

/** The size of a group. By default, all desired instances are in service. */
export interface GroupSize {
  min?: number;
  max?: number;
  desired?: number;
  inService?: number;
  pending?: number;
}

/** A change of a group's desired capacity. */
export interface CapacityCommand {
  group: string;
  desired: number;
}

/** A world that changes only on command. Instances are in service as soon as they are desired. */
export interface ScriptedWorld extends World {
  setQueue(name: string, counts: QueueCounts): void;
  /** Sets a group's size. The group has a tag with its times, as one that a loop has seen before. */
  setGroup(name: string, size: GroupSize): void;
  removeGroup(name: string): void;
  /** Every change of a desired capacity, oldest first. */
  readonly commands: readonly CapacityCommand[];
  /** Removes everything. */
  clear(): void;
}

/** Creates an empty world. */
export function createScriptedWorld(): ScriptedWorld {
  const queues = new Map<string, QueueFacts>();
  const groups = new Map<string, WorldGroup>();
  const commands: CapacityCommand[] = [];
  return {
    organization: "example",
    cluster: "main",
    commands,
    queues: () => queues,
    group: (name) => groups.get(name),
    groupNames: () => [...groups.keys()],
    setQueue: (name, counts) => queues.set(name, createQueue(counts)),
    setGroup: (name, size) => {
      const group = createGroup(name, size);
      groups.set(name, { ...group, tags: keepTimes(groups.get(name)?.tags, group.desired) });
    },
    removeGroup: (name) => groups.delete(name),
    terminateInstances: () => {},
    sendCommand: ({ instances }) => {
      throw new UnknownInstances(instances);
    },
    invocations: () => [],
    setTag: (name, key, value) => {
      const group = getGroup(groups, name);
      groups.set(name, { ...group, tags: new Map([...group.tags, [key, value]]) });
    },
    setDesiredCapacity: (name, desired) => {
      const group = getGroup(groups, name);
      if (desired < group.min || desired > group.max) {
        throw new RangeError(`${desired} is not between ${group.min} and ${group.max}`);
      }
      commands.push({ group: name, desired });
      const { min, max, tags } = group;
      groups.set(name, { ...createGroup(name, { min, max, desired }), tags });
    },
    setLimits: (name, { min, max }) => {
      const { desired, tags } = getGroup(groups, name);
      const limited = Math.min(Math.max(desired, min), max);
      groups.set(name, { ...createGroup(name, { min, max, desired: limited }), tags });
    },
    clear: () => {
      for (const each of [queues, groups]) each.clear();
      commands.length = 0;
    },
  };
}

/**
 * The tag of a group that a loop has seen before, as it is now: a change by the script is not a change by
 * somebody else.
 */
function keepTimes(tags: WorldGroup["tags"] = new Map(), desired: number): WorldGroup["tags"] {
  const times = parseTimesTag(tags.get(TIMES_TAG) ?? "desired=0") ?? {};
  return new Map([...tags, [TIMES_TAG, formatTimesTag({ ...times, desired })]]);
}

function getGroup(groups: ReadonlyMap<string, WorldGroup>, name: string): WorldGroup {
  const group = groups.get(name);
  if (group === undefined) throw new RangeError(`there is no group ${name}`);
  return group;
}

function createQueue({ scheduled = 0, running = 0, waiting = 0, idle = 0, busy = 0 }: QueueCounts) {
  return {
    jobs: { scheduled, running, waiting },
    agents: { idle, busy, total: idle + busy },
  };
}

function createGroup(name: string, size: GroupSize): WorldGroup {
  const { min = 0, max = 10, desired = 0, inService = desired, pending = 0 } = size;
  return {
    name,
    min,
    max,
    desired,
    tags: new Map(),
    instances: [
      ...createInstances("InService", inService, 0),
      ...createInstances("Pending", pending, inService),
    ],
  };
}

function createInstances(
  lifecycleState: WorldInstance["lifecycleState"],
  count: number,
  from: number,
): WorldInstance[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `i-${(from + index).toString(16).padStart(17, "0")}`,
    lifecycleState,
  }));
}
