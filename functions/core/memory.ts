import * as v from "valibot";
import type { Change } from "./decision.ts";
import { instantSchema } from "./facts.ts";
import { latestInstant, secondsBetween } from "./instant.ts";
import { ownValue } from "./own-value.ts";
import type { Scaler } from "./scaler.ts";
import { recordSchema } from "./schema-helpers.ts";

const scalerMemorySchema = v.object({
  lastScaleInAt: v.optional(instantSchema),
  lastScaleOutAt: v.optional(instantSchema),
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

/** Merges what was known with what was found: for each scaler and direction the later time counts. */
export function mergeMemory(known: Memory, found: Memory): Memory {
  const merged = Object.entries(found).map(([scaler, last]): [string, ScalerMemory] => {
    const before = ownValue(known, scaler) ?? {};
    return [
      scaler,
      withKnownTimes(
        latestInstant(before.lastScaleInAt, last.lastScaleInAt),
        latestInstant(before.lastScaleOutAt, last.lastScaleOutAt),
      ),
    ];
  });
  return { ...known, ...Object.fromEntries(merged.filter(([, times]) => hasTimes(times))) };
}

/** Drops the times that are too old to change a decision. */
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
 * If cooldowns count from either direction, an old time still matters: the next scaling in the other
 * direction starts a cooldown only if the last one in this direction is known.
 */
function dropOldTimes(scaler: Scaler, memory: ScalerMemory, observedAt: string): ScalerMemory {
  const keepIfRelevant = (at: string | undefined) =>
    at !== undefined &&
    (scaler.cooldownFromAnyScaling || secondsBetween(at, observedAt) < lookBackSeconds(scaler))
      ? at
      : undefined;
  return withKnownTimes(
    keepIfRelevant(memory.lastScaleInAt),
    keepIfRelevant(memory.lastScaleOutAt),
  );
}

/** How far back the scaler's rules look, in seconds. Scalings older than this cannot change a decision. */
export function lookBackSeconds(scaler: Scaler): number {
  return Math.max(
    scaler.scaleIn.disabled && !scaler.elasticCiMode ? 0 : scaler.scaleIn.cooldownSeconds,
    scaler.scaleOut.disabled ? 0 : scaler.scaleOut.cooldownSeconds,
    scaler.availabilityThreshold === 0 ? 0 : scaler.agentStartupGraceSeconds,
  );
}

/** One entry of a group's scaling activity log. */
export interface Activity {
  /** AWS's own English account of it. */
  cause: string;
  /** RFC 3339. */
  startedAt: string;
  /** E.g. `Successful`, `InProgress`, `Failed`, `Cancelled`. */
  status: string;
}

const BY_REQUEST = "a user request explicitly set group desired capacity";
const SCALE_OUT = "increasing the capacity";
const SCALE_IN = "shrinking the capacity";
const WITHOUT_EFFECT: readonly string[] = ["Failed", "Cancelled"];

/**
 * Finds when a group was last scaled on request, in each direction. The reference looks for the same
 * words. Unlike the reference, an activity in progress counts too, because it was requested.
 */
export function findLastScalings(activities: readonly Activity[]): ScalerMemory {
  const requested = activities.filter(
    ({ cause, status }) => cause.includes(BY_REQUEST) && !WITHOUT_EFFECT.includes(status),
  );
  return withKnownTimes(findNewest(SCALE_IN, requested), findNewest(SCALE_OUT, requested));
}

function findNewest(words: string, activities: readonly Activity[]): string | undefined {
  const times = activities.filter(({ cause }) => cause.includes(words)).map((a) => a.startedAt);
  return times.sort((a, b) => secondsBetween(a, b))[0];
}

/**
 * Completes what an activity log shows, for a scaler whose cooldowns count from either direction. Such a
 * cooldown needs the last scaling in its own direction, but the log was read only as far back as the
 * cooldown is long. A direction that the log does not show is assumed to be as old as the look-back.
 * (For a group that was never scaled in that direction, this makes the first cooldown count too.)
 */
export function assumeUnseenDirection(
  scaler: Scaler,
  last: ScalerMemory,
  since: string,
): ScalerMemory {
  if (!scaler.cooldownFromAnyScaling) return last;
  return { lastScaleInAt: since, lastScaleOutAt: since, ...last };
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
