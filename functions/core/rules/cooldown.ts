import type { Action } from "../decision.ts";
import { formatDuration } from "../duration.ts";
import type { ScalerMemory } from "../facts.ts";
import { latestInstant, secondsBetween } from "../instant.ts";
import type { Scaler } from "../scaler.ts";

/**
 * Why a scaling has to wait, or undefined where it need not. A cooldown counts only where the last
 * scaling of the same direction is known; from that, or from the later of both directions where the
 * scaler says so.
 */
export function remainingCooldown(
  action: Exclude<Action, "none">,
  scaler: Scaler,
  memory: ScalerMemory,
  observedAt: string,
): string | undefined {
  const scalingIn = action === "scale-in";
  const own = scalingIn ? memory.lastScaleInAt : memory.lastScaleOutAt;
  if (own === undefined) return undefined;
  const other = scalingIn ? memory.lastScaleOutAt : memory.lastScaleInAt;
  const from = scaler.cooldownFromAnyScaling ? (latestInstant(own, other) ?? own) : own;
  const { cooldownSeconds } = scalingIn ? scaler.scaleIn : scaler.scaleOut;
  const leftSeconds = cooldownSeconds - secondsBetween(from, observedAt);
  return leftSeconds > 0 ? `${action} cooldown: ${formatDuration(leftSeconds)} left` : undefined;
}
