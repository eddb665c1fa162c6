import type { QueueFacts } from "../../functions/core/facts.ts";
import { formatTimesTag, parseTimesTag, TIMES_TAG } from "../../functions/core/group-times.ts";
import { formatInstanceId } from "../../simulation/fleet/instance.ts";
import type { GroupSetup, World, WorldGroup, WorldInstance } from "../../simulation/fleet/world.ts";
import { createScriptedInstances, type ScriptedInstances } from "./scripted-instances.ts";

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
  /** Ids of the instances in service, in the place of `inService`. */
  ids?: readonly string[];
  setup?: GroupSetup;
}

/** A change of a group's desired capacity. */
export interface CapacityCommand {
  group: string;
  desired: number;
}

/** An order to end instances. */
export interface TerminationCommand {
  group: string;
  instances: readonly string[];
  decrement: boolean;
}

/**
 * A world that changes only on command. Instances are in service as soon as they are desired, and gone as
 * soon as they are terminated.
 */
export interface ScriptedWorld extends World {
  /** The instances and what their units are like. */
  readonly instances: ScriptedInstances;
  setQueue(name: string, counts: QueueCounts): void;
  /** Sets a group's size. The group has a tag with its times, as one that a loop has seen before. */
  setGroup(name: string, size: GroupSize): void;
  removeGroup(name: string): void;
  /** Sets what a loop reads in a group's tag; undefined removes the tag. */
  setTimes(name: string, value: string | undefined): void;
  /** Every change of a desired capacity, oldest first. */
  readonly commands: readonly CapacityCommand[];
  /** Every termination, oldest first. */
  readonly terminations: readonly TerminationCommand[];
  /** Removes everything. */
  clear(): void;
}

const IN_SERVICE = { lifecycleState: "InService" } as const;

/** In the ids of instances that a group launches: no group has this number. */
const LAUNCHED = 0;

/** Creates an empty world. */
export function createScriptedWorld(): ScriptedWorld {
  const queues = new Map<string, QueueFacts>();
  const groups = new Map<string, WorldGroup>();
  const numbers = new Map<string, number>();
  const commands: CapacityCommand[] = [];
  const terminations: TerminationCommand[] = [];
  const instances = createScriptedInstances((id) => hasInstance(groups, id));
  let launches = 0;
  const launch = (): WorldInstance => {
    launches += 1;
    return { id: formatInstanceId(LAUNCHED, launches), ...IN_SERVICE };
  };
  const resize = (group: WorldGroup, desired: number) => {
    const missing = Math.max(0, desired - group.instances.length);
    const running = group.instances.slice(0, desired).map(({ id }) => ({ id, ...IN_SERVICE }));
    const launched = Array.from({ length: missing }, launch);
    groups.set(group.name, { ...group, desired, instances: [...running, ...launched] });
  };
  return {
    organization: "example",
    cluster: "main",
    commands,
    terminations,
    instances,
    queues: () => queues,
    group: (name) => groups.get(name),
    groupNames: () => [...groups.keys()],
    setQueue: (name, counts) => queues.set(name, createQueue(counts)),
    setGroup: (name, size) => {
      if (!numbers.has(name)) numbers.set(name, numbers.size + 1);
      const group = createGroup(name, size, numbers.get(name) ?? 0);
      groups.set(name, { ...group, tags: keepTimes(groups.get(name)?.tags, group.desired) });
    },
    removeGroup: (name) => groups.delete(name),
    setTag: (name, key, value) => {
      const group = getGroup(groups, name);
      groups.set(name, { ...group, tags: new Map([...group.tags, [key, value]]) });
    },
    setTimes: (name, value) => {
      const group = getGroup(groups, name);
      const others = [...group.tags].filter(([key]) => key !== TIMES_TAG);
      const times: [string, string][] = value === undefined ? [] : [[TIMES_TAG, value]];
      groups.set(name, { ...group, tags: new Map([...others, ...times]) });
    },
    setDesiredCapacity: (name, desired) => {
      const group = getGroup(groups, name);
      if (desired < group.min || desired > group.max) {
        throw new RangeError(`${desired} is not between ${group.min} and ${group.max}`);
      }
      commands.push({ group: name, desired });
      resize(group, desired);
    },
    setLimits: (name, { min, max }) => {
      const group = getGroup(groups, name);
      resize({ ...group, min, max }, Math.min(Math.max(group.desired, min), max));
    },
    terminateInstances: (name, ids, decrement) => {
      const group = getGroup(groups, name);
      const left = group.instances.filter(({ id }) => !ids.includes(id));
      const desired = decrement
        ? group.desired - (group.instances.length - left.length)
        : group.desired;
      if (desired < group.min) throw new RangeError(`${desired} is below ${group.min}`);
      terminations.push({ group: name, instances: ids, decrement });
      resize({ ...group, instances: left }, desired);
    },
    sendCommand: instances.sendCommand,
    managedInstances: instances.managedInstances,
    invocations: instances.invocations,
    clear: () => {
      for (const each of [queues, groups, numbers, instances]) each.clear();
      for (const list of [commands, terminations]) list.length = 0;
    },
  };
}

function hasInstance(groups: ReadonlyMap<string, WorldGroup>, id: string): boolean {
  return [...groups.values()].some(({ instances }) => instances.some((each) => each.id === id));
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

function createGroup(name: string, size: GroupSize, number: number): WorldGroup {
  const { min = 0, max = 10, ids, desired = ids?.length ?? 0, pending = 0 } = size;
  const { inService = desired } = size;
  const running = ids ?? listIds(number, inService);
  const starting = listIds(number, running.length + pending).slice(running.length);
  return {
    name,
    min,
    max,
    desired,
    tags: new Map(),
    ...(size.setup === undefined ? {} : { setup: size.setup }),
    instances: [
      ...running.map((id) => ({ id, ...IN_SERVICE })),
      ...starting.map((id): WorldInstance => ({ id, lifecycleState: "Pending" })),
    ],
  };
}

function listIds(groupNumber: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => formatInstanceId(groupNumber, index));
}
