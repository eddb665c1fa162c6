import * as v from "valibot";
import type { FactsFault, GroupFacts } from "./facts.ts";
import { type GroupTimes, groupTimesSchema } from "./group-times.ts";
import { instantSchema, latestInstant, parseInstantMs, secondsBetween } from "./instant.ts";
import { ownValue } from "./own-value.ts";
import type { Change } from "./plan.ts";
import type { Scaler } from "./scaler.ts";
import { recordSchema, wholeNumberSchema } from "./schema-helpers.ts";

const scalerMemorySchema = v.object({
  ...groupTimesSchema.entries,
  /** Looks whose answers were not read yet. The command is empty if SSM knows none of the instances. */
  looks: v.optional(
    v.array(v.object({ command: v.string(), at: instantSchema, instances: wholeNumberSchema(1) })),
  ),
  /** Stops that the last polls planned: they count until SSM has them on record. */
  stopping: v.optional(v.object({ at: instantSchema, instances: v.array(v.string()) })),
  /** By leaving instance: when it was looked at last, and how many jobs it had according to its latest answer. */
  drains: v.optional(
    recordSchema(
      v.object({
        at: instantSchema,
        jobs: v.optional(wholeNumberSchema(0)),
        jobsAt: v.optional(instantSchema),
      }),
    ),
  ),
  /** The next poll needs the ids of the group's instances. */
  asksInstances: v.optional(v.literal(true)),
  /** When a sweep for dangling instances was due: the next poll looks. */
  sweepAt: v.optional(instantSchema),
  /** After looks that led to no stop: when to look again, and how long that wait was. */
  nextLook: v.optional(v.object({ at: instantSchema, waitSeconds: wholeNumberSchema(1) })),
  /** By instance: a first look that found its agent dead. */
  suspects: v.optional(
    recordSchema(
      v.object({ at: instantSchema, bootId: v.string(), inactiveAtSeconds: wholeNumberSchema(0) }),
    ),
  ),
});

/** What the loop remembers about one scaler from poll to poll. Times are RFC 3339. */
export type ScalerMemory = v.InferOutput<typeof scalerMemorySchema>;

/** What the loop remembers, by scaler name. */
export const memorySchema = recordSchema(scalerMemorySchema);

/** {@link memorySchema} */
export type Memory = v.InferOutput<typeof memorySchema>;

/**
 * Records changes that were made. A cooldown starts when the poll observed its facts, not when the
 * call that made the change ended.
 */
export function recordScalings(
  changes: readonly Change[],
  known: Memory,
  decidedAt: string,
): Memory {
  const times = changes.map(({ scaler, action }): [string, ScalerMemory] => [
    scaler,
    {
      ...ownValue(known, scaler),
      ...(action === "scale-in" ? { lastScaleInAt: decidedAt } : { lastScaleOutAt: decidedAt }),
    },
  ]);
  return { ...known, ...Object.fromEntries(times) };
}

/**
 * Records changes of which nobody knows whether they were made, because Apply scaling failed. A scale-in
 * counts; a scale-out counts unless the group shows that it has not grown.
 */
export function recordUnconfirmed(
  changes: readonly Change[],
  known: Memory,
  groups: Readonly<Record<string, FactsFault | GroupFacts>>,
  decidedAt: string,
): Memory {
  const mayBeMade = changes.filter(({ action, group: name, from }) => {
    const group = ownValue(groups, name);
    return action === "scale-in" || group === undefined || "fault" in group || group.desired > from;
  });
  return recordScalings(mayBeMade, known, decidedAt);
}

/** A look that was sent: its answers are read in the next polls. */
export interface SentLook {
  scaler: string;
  look: NonNullable<ScalerMemory["looks"]>[number];
}

/** Remembers looks that were sent. */
export function recordLooks(sent: readonly SentLook[], known: Memory): Memory {
  const memory = new Map(Object.entries(known));
  for (const { scaler, look } of sent) {
    const before = memory.get(scaler) ?? {};
    memory.set(scaler, { ...before, looks: [...(before.looks ?? []), look] });
  }
  return Object.fromEntries(memory);
}

/**
 * Recalls what the group's tag remembers. Of two times of one direction the later one counts. If desired
 * capacity is not what the loop saw last, somebody else scaled the group just now, unless the loop's own
 * change is still being made. Instances of a graceful group lower it themselves, so there a fall is no
 * scale-in. If the tag is unknown, the last scale-in may just have happened.
 */
export function recallTimes(
  scaler: Scaler,
  known: ScalerMemory,
  { times = {}, timesUnknown, desired }: GroupFacts,
  observedAt: string,
): ScalerMemory {
  const isForeign =
    times.desired !== undefined &&
    desired !== times.desired &&
    !(desired === times.desiredBefore && isBeingMade(times, observedAt));
  const rose = isForeign && desired > (times.desired ?? 0);
  const fell = isForeign && !rose && !scaler.scaleIn.graceful;
  const isUnknown = timesUnknown && known.lastScaleInAt === undefined;
  const { desired: _, desiredBefore: __, ...rest } = times;
  return {
    ...rest,
    ...known,
    ...withKnownTimes(
      latestInstant(
        known.lastScaleInAt,
        times.lastScaleInAt,
        fell || isUnknown ? observedAt : undefined,
      ),
      latestInstant(known.lastScaleOutAt, times.lastScaleOutAt, rose ? observedAt : undefined),
    ),
  };
}

/** A change reaches AWS, and shows in its answers, within this time of its decision. */
const CHANGE_SECONDS = 60;

/** Whether the change in a tag may not have been made yet. */
function isBeingMade({ lastScaleInAt, lastScaleOutAt }: GroupTimes, observedAt: string): boolean {
  const changedAt = latestInstant(lastScaleInAt, lastScaleOutAt);
  return changedAt !== undefined && secondsBetween(changedAt, observedAt) <= CHANGE_SECONDS;
}

/** Drops the times that are too old to change a decision, and scalers that are gone. */
export function forgetOldScalings(
  scalers: readonly Scaler[],
  memory: Memory,
  observedAt: string,
): Memory {
  const kept = scalers.map((scaler): [string, ScalerMemory] => [
    scaler.name,
    dropOldTimes(scaler, ownValue(memory, scaler.name) ?? {}, observedAt),
  ]);
  return Object.fromEntries(kept.filter(([, times]) => hasTimes(times)));
}

/**
 * Drops a scaler's times that are too old to change a decision. If cooldowns count from either direction,
 * an old time still matters: the next scaling in the other direction starts a cooldown only if the last
 * one in this direction is known.
 */
export function dropOldTimes<Times extends Pick<ScalerMemory, "lastScaleInAt" | "lastScaleOutAt">>(
  scaler: Scaler,
  { lastScaleInAt, lastScaleOutAt, ...rest }: Times,
  observedAt: string,
) {
  const oldestMs = parseInstantMs(observedAt) - lookBackSeconds(scaler) * 1000;
  const keepIfRelevant = (at: string | undefined) =>
    at !== undefined && (scaler.cooldownFromAnyScaling || parseInstantMs(at) > oldestMs)
      ? at
      : undefined;
  return {
    ...withKnownTimes(keepIfRelevant(lastScaleInAt), keepIfRelevant(lastScaleOutAt)),
    ...rest,
  };
}

/**
 * What a group's tag remembers and can still matter. In a quiet poll that is nothing, which keeps the
 * state small. `desired` matters if it is not the group's desired capacity.
 */
export function selectRelevantTimes(
  scaler: Scaler,
  { desired, desiredBefore, ...times }: GroupTimes,
  desiredNow: number,
  nowAt: string,
): GroupTimes {
  const isSame = desired === desiredNow;
  return dropOldTimes(
    scaler,
    {
      ...times,
      ...(isSame || desired === undefined ? {} : { desired }),
      ...(isSame || desiredBefore === undefined ? {} : { desiredBefore }),
    },
    nowAt,
  );
}

/**
 * Whether a poll needs the ids of a graceful group's instances. The first poll of an execution knows a
 * surplus from the tag only.
 */
export function needsInstances(scaler: Scaler, memory: ScalerMemory, times: GroupTimes): boolean {
  const { looks, stopping, drains, suspects, sweepAt, asksInstances, drainSince } = memory;
  const open = [looks, stopping, drains, suspects, sweepAt, asksInstances, drainSince];
  return (
    scaler.scaleIn.graceful &&
    (times.drainSince !== undefined ||
      (times.surplusSince !== undefined && memory.surplusSince === undefined) ||
      open.some((each) => each !== undefined))
  );
}

/** Whether the loop remembers anything about the scaler's group in the group's tag. */
export function usesTimes(scaler: Scaler): boolean {
  return lookBackSeconds(scaler) > 0 || scaler.scaleIn.graceful;
}

/** How far back the scaler's rules look, in seconds. Scalings older than this cannot change a decision. */
export function lookBackSeconds(scaler: Scaler): number {
  return Math.max(
    scaler.scaleIn.disabled && !scaler.elasticCiMode ? 0 : scaler.scaleIn.cooldownSeconds,
    scaler.scaleOut.disabled ? 0 : scaler.scaleOut.cooldownSeconds,
    scaler.availabilityThreshold === 0 ? 0 : scaler.agentStartupGraceSeconds,
  );
}

function withKnownTimes(
  lastScaleInAt: string | undefined,
  lastScaleOutAt: string | undefined,
): ScalerMemory {
  return {
    ...(lastScaleInAt === undefined ? {} : { lastScaleInAt }),
    ...(lastScaleOutAt === undefined ? {} : { lastScaleOutAt }),
  };
}

function hasTimes(memory: ScalerMemory): boolean {
  return Object.keys(memory).length > 0;
}
