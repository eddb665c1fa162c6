import { formatDuration } from "../duration.ts";
import { latestInstant, secondsBetween } from "../instant.ts";
import type { ScalerMemory } from "../memory.ts";
import type { Direction } from "../plan.ts";
import type { Situation } from "./rule.ts";

/**
 * Why a scaling has to wait; undefined if it need not. A cooldown counts only if the last scaling in
 * the same direction is known. It counts from that scaling, or, if the scaler says so, from the later
 * one of both directions.
 */
export function remainingCooldown(
  direction: Direction,
  { scaler, memory, observedAt }: Situation,
): string | undefined {
  const isScaleIn = direction === "scale-in";
  const own = isScaleIn ? memory.lastScaleInAt : memory.lastScaleOutAt;
  if (own === undefined || (isScaleIn && belongsToLastScaleIn(own, memory))) return undefined;
  const other = isScaleIn ? memory.lastScaleOutAt : memory.lastScaleInAt;
  const from = scaler.cooldownFromAnyScaling ? (latestInstant(own, other) ?? own) : own;
  const { cooldownSeconds } = isScaleIn ? scaler.scaleIn : scaler.scaleOut;
  const leftSeconds = cooldownSeconds - secondsBetween(from, observedAt);
  return leftSeconds > 0 ? `${direction} cooldown: ${formatDuration(leftSeconds)} left` : undefined;
}

/**
 * A cooldown separates surpluses, not the batches of one. Until the surplus of the last scale-in is worked
 * off, no cooldown applies. Only graceful groups remember a surplus.
 */
function belongsToLastScaleIn(lastScaleInAt: string, { surplusSince }: ScalerMemory): boolean {
  return surplusSince !== undefined && surplusSince <= lastScaleInAt;
}
