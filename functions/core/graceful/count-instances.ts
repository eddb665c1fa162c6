import type { InstanceAnswer, Observation } from "../facts.ts";
import { secondsBetween } from "../instant.ts";
import type { ScalerMemory } from "../memory.ts";
import { ownValue } from "../own-value.ts";
import type { DanglingPlan } from "./dangling.ts";
import { ANSWER_SECONDS } from "./drain.ts";
import type { Drain, Leaving } from "./leaving.ts";

/** What alarms and the dashboard count, in instances. */
export interface InstanceCounts {
  draining: number;
  /** Of `draining`, those that should have ended. */
  overdue: number;
  /** Instances whose agents may be dead. */
  dangling: number;
  /** Instances that did not answer a look or a stop, or have no unit of the configured name. */
  notAnswering: number;
}

/** Counts one group's instances for alarms and the dashboard. `answers` are those of the group. */
export function countInstances(
  leaving: Leaving,
  { suspects }: DanglingPlan,
  memory: ScalerMemory,
  observation: Observation,
  answers: readonly InstanceAnswer[],
): InstanceCounts {
  return {
    draining: leaving.drains.size,
    overdue: countOverdue(leaving, memory, observation.observedAt),
    dangling: Object.keys(suspects).length,
    notAnswering:
      leaving.silent.length + countSilentLooks(memory, observation) + countWithoutUnit(answers),
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

/** Instances on which no unit has the configured name answer, but say nothing about an agent. */
function countWithoutUnit(answers: readonly InstanceAnswer[]): number {
  return answers.filter(({ state }) => state === "not-found").length;
}
