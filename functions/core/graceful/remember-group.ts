import type { Basis } from "../decision.ts";
import type { Observation } from "../facts.ts";
import { secondsBetween } from "../instant.ts";
import type { ScalerMemory } from "../memory.ts";
import { ownValue } from "../own-value.ts";
import type { DanglingPlan } from "./dangling.ts";
import { ANSWER_SECONDS, type DrainPlan } from "./drain.ts";
import type { Leaving } from "./leaving.ts";

/** What the next poll has to know about a group. Keys without a value are left out: every byte is logged. */
export function rememberGroup(
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
