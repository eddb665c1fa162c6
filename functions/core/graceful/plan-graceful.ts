import type { Basis, Verdict } from "../decision.ts";
import type { GroupFacts, Observation } from "../facts.ts";
import { secondsBetween } from "../instant.ts";
import type { Memory, ScalerMemory } from "../memory.ts";
import { ownValue } from "../own-value.ts";
import type { InstanceCommand, Termination } from "../plan.ts";
import type { Scaler } from "../scaler.ts";
import { type DanglingPlan, planDangling } from "./dangling.ts";
import { ANSWER_SECONDS, type DrainPlan, listDueLooks, planDrain } from "./drain.ts";
import type { Drain, Leaving } from "./leaving.ts";

/** The most looks and stops of one loop in one poll, and the most instances that drain at once. */
const MOST = { looks: 200, stops: 100, leaving: 300 };

/** A group that shares its queues is looked through this often. */
export const SWEEP_SECONDS = 300;

/** What alarms and the dashboard count, in instances. */
export interface InstanceCounts {
  draining: number;
  /** Of `draining`, those that should have ended. */
  overdue: number;
  /** Instances whose agents may be dead. */
  dangling: number;
  /** Instances that did not answer a look or a stop. */
  notAnswering: number;
}

/** What one poll does in the graceful groups of a loop. */
export interface GracefulPlan {
  looks: InstanceCommand[];
  stops: InstanceCommand[];
  terminations: Termination[];
  /** By scaler: what to add to the decision's reasons. */
  reasons: Map<string, string[]>;
  /** By scaler: what the next poll has to know. */
  memory: Map<string, ScalerMemory>;
  counts: InstanceCounts;
}

/** What the poll as a whole knows. */
export interface PollContext {
  verdicts: readonly Verdict[];
  memory: Memory;
  observation: Observation;
  /** Whether a sweep is due before the next poll. */
  isSweepDue: boolean;
}

/** Plans the looks, stops and terminations of every graceful group whose facts are known. */
export function planGraceful(context: PollContext): GracefulPlan {
  const plan: GracefulPlan = {
    looks: [],
    stops: [],
    terminations: [],
    reasons: new Map(),
    memory: new Map(),
    counts: { draining: 0, overdue: 0, dangling: 0, notAnswering: 0 },
  };
  const graceful = context.verdicts.filter(({ scaler }) => scaler.scaleIn.graceful);
  const leavingNow = graceful.reduce(
    (sum, { basis }) => sum + (basis?.leaving.drains.size ?? 0),
    0,
  );
  for (const { scaler, group, basis } of inTurn(graceful, context.observation.observedAt)) {
    if (basis === undefined || group === undefined) continue;
    const room = {
      looks: MOST.looks - countInstances(plan.looks),
      stops: Math.min(MOST.stops, MOST.leaving - leavingNow) - countInstances(plan.stops),
      busyStops:
        group.max - (basis.situation.group.desired - basis.surplus) - basis.leaving.drains.size,
    };
    addGroup(plan, planGroup({ scaler, group, basis, room, context }), scaler);
  }
  return plan;
}

/** Scalers take turns by the minute, so that limits of the loop never favour the same ones. */
function inTurn<Item>(items: readonly Item[], observedAt: string): Item[] {
  const start = Math.floor(Date.parse(observedAt) / 60_000) % Math.max(1, items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}

function countInstances(commands: readonly InstanceCommand[]): number {
  return commands.reduce((sum, { instances }) => sum + instances.length, 0);
}

interface GroupInput {
  scaler: Scaler;
  group: GroupFacts;
  basis: Basis;
  room: { looks: number; stops: number; busyStops: number };
  context: PollContext;
}

interface GroupPlan {
  looks: string[];
  stops: string[];
  busy: boolean;
  terminations: Omit<Termination, "scaler" | "group">[];
  reasons: string[];
  memory: ScalerMemory;
  counts: InstanceCounts;
}

function planGroup(input: GroupInput): GroupPlan {
  const { scaler, group, basis, room, context } = input;
  const { situation, leaving, surplus } = basis;
  const answers = context.observation.answers ?? {};
  const instances = group.instances ?? [];
  const isAlone = !sharesQueues(scaler, context.verdicts);
  const drain = planDrain({ situation, surplus, leaving, instances, answers, room });
  const dangling = planDangling({
    situation,
    group,
    hasSurplus: surplus > 0,
    leaving,
    instances,
    answers,
    isAlone,
  });
  const due = listDueLooks(leaving, situation.memory, situation.observedAt);
  const looks = [...new Set([...due, ...drain.looks, ...dangling.looks])].slice(0, room.looks);
  const asked = { ...drain, looks };
  const isSweepDue = context.isSweepDue && !isAlone;
  return {
    looks,
    stops: drain.stops,
    busy: drain.busy,
    terminations: scaler.dryRun ? [] : listTerminations(input, dangling),
    reasons: [...drain.reasons, ...dangling.reasons],
    memory: rememberGroup(basis, asked, dangling, answers, isSweepDue),
    counts: {
      draining: leaving.drains.size,
      overdue: countOverdue(leaving, situation.memory, situation.observedAt),
      dangling: Object.keys(dangling.suspects).length,
      notAnswering: leaving.silent.length + countSilentLooks(situation.memory, context.observation),
    },
  };
}

/** No job is meant to take this long. */
const LONGEST_DRAIN_SECONDS = 24 * 3600;

/**
 * Counts the drains that should have ended: those that are older than a day, and those that had no job at
 * two looks in a row, because an instance without a job ends within seconds.
 */
function countOverdue(
  { drains }: Leaving,
  { drains: known = {} }: ScalerMemory,
  observedAt: string,
): number {
  return [...drains].filter(
    ([id, drain]) =>
      wasIdleTwice(drain, ownValue(known, id)) ||
      secondsBetween(drain.since, observedAt) > LONGEST_DRAIN_SECONDS,
  ).length;
}

/** Whether the latest answer and one before it, both to looks after the stop, say that no job runs. */
function wasIdleTwice(
  { since, answer }: Drain,
  before: NonNullable<ScalerMemory["drains"]>[string] | undefined,
): boolean {
  if (answer === undefined || before?.jobsAt === undefined) return false;
  const isIdle = answer.jobs === 0 && before.jobs === 0;
  return isIdle && since < before.jobsAt && before.jobsAt < answer.at;
}

function sharesQueues(scaler: Scaler, verdicts: readonly Verdict[]): boolean {
  return verdicts.some(
    ({ scaler: other }) =>
      other !== scaler && other.queues.some((queue) => scaler.queues.includes(queue)),
  );
}

/** Ends what has stopped, if the loop is to end it, and what is dead. Desired capacity never falls below min. */
function listTerminations({ scaler, group, basis }: GroupInput, { dead }: DanglingPlan) {
  const stopped =
    scaler.scaleIn.endedBy === "loop"
      ? [...basis.leaving.drains].filter(([, drain]) => hasStopped(drain)).map(([id]) => id)
      : [];
  const ended = stopped.map((instance, index) => ({
    instance,
    decrement: group.desired - index > group.min,
  }));
  return dead === undefined || stopped.includes(dead.instance) ? ended : [...ended, dead];
}

function hasStopped({ answer }: Drain): boolean {
  return answer?.jobs === 0 && (answer.state === "inactive" || answer.state === "failed");
}

/** What the next poll has to know about a group. Keys without a value are left out: every byte is logged. */
function rememberGroup(
  basis: Basis,
  drain: DrainPlan,
  dangling: DanglingPlan,
  answers: NonNullable<Observation["answers"]>,
  isSweepDue: boolean,
): ScalerMemory {
  const { situation, leaving, surplus } = basis;
  const { memory, observedAt } = situation;
  const stopping = drain.stops.length > 0 ? { at: observedAt, instances: drain.stops } : undefined;
  const kept = stopping ?? keepUnrecorded(memory, leaving);
  return withoutEmpty({
    ...memory,
    lastScaleInAt: stopping === undefined ? memory.lastScaleInAt : observedAt,
    surplusSince: keepSurplus(basis),
    drainSince: oldestDrain(leaving, kept?.at),
    shortageSince: dangling.shortageSince,
    ended: dangling.ended ?? memory.ended,
    looks: keepOpenLooks(memory, answers, observedAt),
    stopping: kept,
    drains: rememberDrains(leaving, drain.looks, memory, observedAt),
    nextLook: surplus > 0 ? (drain.nextLook ?? memory.nextLook) : undefined,
    suspects: dangling.suspects,
    sweepAt: isSweepDue ? observedAt : undefined,
    asksInstances: surplus > 0 || dangling.asksInstances ? true : undefined,
  });
}

/**
 * Since when there is a surplus. It lasts until it is worked off: until no instance is too many and every
 * stop for it is confirmed.
 */
function keepSurplus({ situation, target, leaving }: Basis): string | undefined {
  const { memory, observedAt, group, scaler } = situation;
  const mayScaleIn = !scaler.scaleIn.disabled || scaler.elasticCiMode;
  const isUnconfirmed = [...leaving.drains.values()].some(({ isConfirmed }) => !isConfirmed);
  const lasts = (mayScaleIn && target < group.desired) || isUnconfirmed;
  return lasts ? (memory.surplusSince ?? observedAt) : undefined;
}

function keepUnrecorded({ stopping }: ScalerMemory, { drains }: Leaving) {
  const isOpen = stopping?.instances.some((id) => drains.get(id)?.isConfirmed === false);
  return isOpen === true ? stopping : undefined;
}

function oldestDrain({ drains }: Leaving, plannedAt: string | undefined): string | undefined {
  const times = [...drains.values()].map(({ since }) => since);
  return [...times, ...(plannedAt === undefined ? [] : [plannedAt])].sort()[0];
}

/** Looks stay open until each instance has answered, or for as long as an answer is worth something. */
function keepOpenLooks(
  { looks = [] }: ScalerMemory,
  answers: NonNullable<Observation["answers"]>,
  observedAt: string,
): ScalerMemory["looks"] {
  const answered = Object.values(answers);
  return looks.filter(
    ({ at, instances }) =>
      secondsBetween(at, observedAt) < ANSWER_SECONDS &&
      answered.filter((answer) => answer.at === at).length < instances,
  );
}

function countSilentLooks(
  { looks = [] }: ScalerMemory,
  { answers = {}, observedAt }: Observation,
): number {
  const answered = Object.values(answers);
  return looks
    .filter(({ at }) => secondsBetween(at, observedAt) >= ANSWER_SECONDS)
    .reduce(
      (sum, { at, instances }) =>
        sum + Math.max(0, instances - answered.filter((answer) => answer.at === at).length),
      0,
    );
}

function rememberDrains(
  { drains }: Leaving,
  looks: readonly string[],
  memory: ScalerMemory,
  observedAt: string,
): ScalerMemory["drains"] {
  return Object.fromEntries(
    [...drains].map(([id, { since, answer, jobs }]) => {
      const known = ownValue(memory.drains ?? {}, id);
      const at = looks.includes(id) ? observedAt : (known?.at ?? since);
      const jobsAt = answer?.at ?? known?.jobsAt;
      return [id, { at, ...(jobs === undefined || jobsAt === undefined ? {} : { jobs, jobsAt }) }];
    }),
  );
}

function withoutEmpty(memory: Record<keyof ScalerMemory, unknown> | ScalerMemory): ScalerMemory {
  return Object.fromEntries(Object.entries(memory).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    (typeof value === "object" && value !== null && Object.keys(value).length === 0)
  );
}

function addGroup(plan: GracefulPlan, group: GroupPlan, scaler: Scaler): void {
  const target = { scaler: scaler.name, group: scaler.group };
  const command = { ...target, unit: scaler.scaleIn.unit };
  if (group.looks.length > 0) plan.looks.push({ ...command, instances: group.looks });
  if (group.stops.length > 0)
    plan.stops.push({ ...command, instances: group.stops, ...(group.busy ? { busy: true } : {}) });
  plan.terminations.push(...group.terminations.map((each) => ({ ...target, ...each })));
  plan.reasons.set(scaler.name, group.reasons);
  plan.memory.set(scaler.name, group.memory);
  plan.counts.draining += group.counts.draining;
  plan.counts.overdue += group.counts.overdue;
  plan.counts.dangling += group.counts.dangling;
  plan.counts.notAnswering += group.counts.notAnswering;
}
