import { remainingCooldown } from "./cooldown.ts";
import type { Situation, Step } from "./rule.ts";

/**
 * Rule 7. From desired down to the target, unless scale-in is disabled (Elastic CI mode ignores that
 * setting) or cooling down. A factor covers a share of the distance, rounded away from desired, and
 * never goes below min or 0.
 */
export function limitScaleIn(target: number, situation: Situation): Step {
  const { scaler, group } = situation;
  const { disabled, factor } = scaler.scaleIn;
  if (disabled && !scaler.elasticCiMode)
    return { instances: group.desired, limits: ["scale-in is disabled"] };
  const cooldown = remainingCooldown("scale-in", situation);
  if (cooldown !== undefined) return { instances: group.desired, limits: [cooldown] };
  if (factor === undefined) return { instances: target };
  const change = Math.floor((target - group.desired) * factor);
  const instances = Math.max(group.desired + change, group.min, 0);
  return { instances, limits: [`factor ${factor}: ${group.desired} to ${instances}`] };
}
