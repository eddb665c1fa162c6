import type { Memory, ScalerMemory } from "./facts.ts";
import { secondsBetween } from "./instant.ts";
import { ownValue } from "./own-value.ts";
import type { Scaler } from "./scaler.ts";

/** One entry of a group's scaling activity log. */
export interface Activity {
  /** AWS's own English account of it. */
  cause: string;
  /** RFC 3339. */
  startedAt: string;
  /** E.g. `Successful`, `InProgress`, `Failed`, `Cancelled`. */
  status: string;
}

const ASKED_FOR = "a user request explicitly set group desired capacity";
const SCALE_OUT = "increasing the capacity";
const SCALE_IN = "shrinking the capacity";
const CAME_TO_NOTHING: readonly string[] = ["Failed", "Cancelled"];

/**
 * When a group was last scaled on request, each way. The words are those that the reference looks
 * for. Unlike the reference, an activity still in progress counts: it was asked for all the same.
 */
export function findLastScalings(activities: readonly Activity[]): ScalerMemory {
  const asked = activities.filter(
    ({ cause, status }) => cause.includes(ASKED_FOR) && !CAME_TO_NOTHING.includes(status),
  );
  const lastScaleInAt = newestWith(SCALE_IN, asked);
  const lastScaleOutAt = newestWith(SCALE_OUT, asked);
  return {
    ...(lastScaleInAt === undefined ? {} : { lastScaleInAt }),
    ...(lastScaleOutAt === undefined ? {} : { lastScaleOutAt }),
  };
}

function newestWith(words: string, activities: readonly Activity[]): string | undefined {
  const times = activities.filter(({ cause }) => cause.includes(words)).map((a) => a.startedAt);
  return times.sort((a, b) => secondsBetween(a, b))[0];
}

/**
 * How far back a scaler's rules look, in seconds; 0 where they never look back. How much older a
 * scaling is than that cannot change a decision, so nothing older is read.
 */
export function lookBackSeconds(scaler: Scaler): number {
  return Math.max(
    scaler.scaleIn.disabled && !scaler.elasticCiMode ? 0 : scaler.scaleIn.cooldownSeconds,
    scaler.scaleOut.disabled ? 0 : scaler.scaleOut.cooldownSeconds,
    scaler.availabilityThreshold === 0 ? 0 : scaler.agentStartupGraceSeconds,
  );
}

/**
 * What the activity log of the look-back tells, completed for a scaler whose cooldowns count from
 * either direction. Such a cooldown needs its own direction to be known, and the log was read no
 * further back than the cooldown is long: a direction that it does not show is taken to be as old
 * as the look-back. (It differs from the truth for a group that was never scaled that way: its first
 * cooldown counts too.)
 */
export function assumeUnseenDirection(
  scaler: Scaler,
  last: ScalerMemory,
  since: string,
): ScalerMemory {
  if (!scaler.cooldownFromAnyScaling) return last;
  return { lastScaleInAt: since, lastScaleOutAt: since, ...last };
}

/** What the scalers remember, without what is too old to matter. */
export function forgetOldScalings(
  scalers: readonly Scaler[],
  memory: Memory,
  observedAt: string,
): Memory {
  const kept = scalers.map((scaler): [string, ScalerMemory] => [
    scaler.name,
    pruned(scaler, ownValue(memory, scaler.name) ?? {}, observedAt),
  ]);
  return Object.fromEntries(kept.filter(([, times]) => Object.keys(times).length > 0));
}

/**
 * Where cooldowns count from either direction, an old time goes on to matter: the next scaling the
 * other way starts a cooldown only where the own direction is known.
 */
function pruned(scaler: Scaler, memory: ScalerMemory, observedAt: string): ScalerMemory {
  const { lastScaleInAt, lastScaleOutAt } = memory;
  const matters = (at: string | undefined) =>
    at !== undefined &&
    (scaler.cooldownFromAnyScaling || secondsBetween(at, observedAt) < lookBackSeconds(scaler));
  return {
    ...(matters(lastScaleInAt) ? { lastScaleInAt } : {}),
    ...(matters(lastScaleOutAt) ? { lastScaleOutAt } : {}),
  };
}
