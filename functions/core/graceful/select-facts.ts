import type { FactsFault, GroupFacts, Observation } from "../facts.ts";
import { type GroupTimes, parseTimesTag } from "../group-times.ts";
import { parseInstantMs } from "../instant.ts";
import {
  type Memory,
  needsInstances,
  type ScalerMemory,
  selectRelevantTimes,
  usesTimes,
} from "../memory.ts";
import { ownValue } from "../own-value.ts";
import type { Scaler } from "../scaler.ts";
import { computePhaseSeconds } from "../slot.ts";

/** One group as Auto Scaling describes it, before what a poll does not need is dropped. */
export interface GroupState extends GroupFacts {
  /** Ids of all InService instances. */
  instances: string[];
  /** The value of the tag with the group's times; absent if the group has no such tag. */
  timesTag?: string;
}

/** What a poll needs of the groups. */
export interface GroupSelection {
  groups: Record<string, GroupFacts | FactsFault>;
  /** By group name: all InService instances of the groups of which the poll needs some. */
  instances: ReadonlyMap<string, { scaler: string; all: readonly string[] }>;
  /** Since when stops may be open, RFC 3339; absent if none can be. */
  stopsSince?: string;
}

/** What SSM told a poll. */
export type InstanceFacts = Pick<Observation, "answers" | "stops" | "commandsFault">;

/** SSM keeps its record for longer, but older stops are told by looks at their instances too. */
const LONGEST_DRAIN_MILLISECONDS = 24 * 3_600_000;

/** A stop is on SSM's record a little later or, by another clock, a little earlier than it was decided. */
const CLOCKS_DIFFER_MILLISECONDS = 60_000;

/** Selects what a poll needs to know about the scalers' groups: every byte of it is logged with each step. */
export function selectGroups(
  scalers: readonly Scaler[],
  states: Readonly<Record<string, GroupState | FactsFault>>,
  memory: Memory,
  nowMs: number,
): GroupSelection {
  const groups: [string, GroupFacts | FactsFault][] = [];
  const instances = new Map<string, { scaler: string; all: readonly string[] }>();
  const since: number[] = [];
  for (const scaler of scalers) {
    const state = ownValue(states, scaler.group);
    if (state === undefined) continue;
    if ("fault" in state) {
      groups.push([scaler.group, state]);
      continue;
    }
    const known = ownValue(memory, scaler.name) ?? {};
    const selected = selectGroup(scaler, state, known, nowMs);
    groups.push([scaler.group, selected.facts]);
    if (selected.needsInstances)
      instances.set(scaler.group, { scaler: scaler.name, all: state.instances });
    if (selected.stopsSinceMs !== undefined) since.push(selected.stopsSinceMs);
  }
  return {
    groups: Object.fromEntries(groups),
    instances,
    ...(since.length === 0 ? {} : { stopsSince: new Date(Math.min(...since)).toISOString() }),
  };
}

function selectGroup(
  scaler: Scaler,
  { instances: _, timesTag, ...facts }: GroupState,
  memory: ScalerMemory,
  nowMs: number,
) {
  if (!usesTimes(scaler)) return { facts, needsInstances: false };
  const known = timesTag === undefined ? undefined : parseTimesTag(timesTag);
  const nowAt = new Date(nowMs).toISOString();
  const times = selectRelevantTimes(scaler, known ?? {}, facts.desired, nowAt);
  // A deleted tag may hide open stops. In a dry run nothing is stopped and no tag is written.
  const mayHideStops = known === undefined && scaler.scaleIn.graceful && !scaler.dryRun;
  const stopsSinceMs = mayHideStops
    ? nowMs - LONGEST_DRAIN_MILLISECONDS
    : findDrainSinceMs(scaler, memory, times);
  const selected: GroupFacts = {
    ...facts,
    ...(Object.keys(times).length === 0 ? {} : { times }),
    ...(known === undefined ? { timesUnknown: true } : {}),
  };
  return {
    facts: selected,
    needsInstances: mayHideStops || needsInstances(scaler, memory, times),
    stopsSinceMs,
  };
}

function findDrainSinceMs(
  scaler: Scaler,
  memory: ScalerMemory,
  times: GroupTimes,
): number | undefined {
  const since = memory.drainSince ?? times.drainSince;
  if (!scaler.scaleIn.graceful || since === undefined) return undefined;
  return parseInstantMs(since) - CLOCKS_DIFFER_MILLISECONDS;
}

/** Looks whose answers can be read. A look of several scalers is listed once. */
export function listOpenLooks(scalers: readonly Scaler[], memory: Memory) {
  const looks = scalers
    .flatMap(({ name }) => ownValue(memory, name)?.looks ?? [])
    .filter(({ command }) => command !== "");
  return [...new Map(looks.map((look) => [look.command, look])).values()];
}

/** Adds the instances that the poll needs to the groups' facts, and drops answers and stops of others. */
export function selectFacts(
  { groups, instances }: GroupSelection,
  { answers, stops, ...fault }: InstanceFacts,
  memory: Memory,
  nowMs: number,
): Pick<Observation, "groups" | "answers" | "stops" | "commandsFault"> {
  const facts = new Map(Object.entries(groups));
  const selected = new Set<string>();
  const told = new Set([...Object.keys(answers ?? {}), ...Object.keys(stops ?? {})]);
  for (const [group, { scaler, all }] of instances) {
    const known = facts.get(group);
    if (known === undefined || "fault" in known) continue;
    const remembered = new Set(listRemembered(ownValue(memory, scaler) ?? {}));
    const named = new Set(all.filter((id) => told.has(id) || remembered.has(id)));
    const ids = selectInstances(all, named, { group, groups: instances.size, nowMs });
    facts.set(group, { ...known, instances: ids });
    for (const id of ids) selected.add(id);
  }
  return {
    groups: Object.fromEntries(facts),
    ...(answers === undefined ? {} : { answers: selectByInstance(answers, selected) }),
    ...(stops === undefined ? {} : { stops: selectByInstance(stops, selected) }),
    ...fault,
  };
}

/** The most candidates for a look in one poll of a loop. */
const MOST_CANDIDATES = 200;

const WINDOW_MILLISECONDS = 10_000;

/**
 * Selects the instances of a group that a poll is told about: those that a stop, an answer or the memory
 * names, and a window of others. The window moves with the clock, so that each instance has its turn.
 */
function selectInstances(
  all: readonly string[],
  named: ReadonlySet<string>,
  { group, groups, nowMs }: { group: string; groups: number; nowMs: number },
): string[] {
  const others = all.filter((id) => !named.has(id)).sort();
  const size = Math.min(others.length, Math.max(1, Math.floor(MOST_CANDIDATES / groups)));
  const beat = Math.floor(nowMs / WINDOW_MILLISECONDS);
  const phase = computePhaseSeconds(group, others.length);
  const start = (phase + beat * size) % Math.max(1, others.length);
  const window = [...others.slice(start), ...others.slice(0, start)].slice(0, size);
  return [...all.filter((id) => named.has(id)), ...window];
}

function listRemembered({ stopping, drains, suspects }: ScalerMemory): string[] {
  return [
    ...(stopping?.instances ?? []),
    ...Object.keys(drains ?? {}),
    ...Object.keys(suspects ?? {}),
  ];
}

function selectByInstance<Value>(
  values: Readonly<Record<string, Value>>,
  instances: ReadonlySet<string>,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).filter(([id]) => instances.has(id)));
}
