import { remainingCooldown } from "./cooldown.ts";
import type { Situation, Step } from "./rule.ts";

/**
 * Rule 8. From desired up to the target, unless scale-out is disabled or cooling down. A factor covers
 * a share of the distance, rounded away from desired, and never goes above max.
 */
export function limitScaleOut(target: number, situation: Situation): Step {
  const { scaler, group } = situation;
  const { disabled, factor } = scaler.scaleOut;
  if (disabled) return { instances: group.desired, limits: ["scale-out is disabled"] };
  const cooldown = remainingCooldown("scale-out", situation);
  if (cooldown !== undefined) return { instances: group.desired, limits: [cooldown] };
  if (factor === undefined) return { instances: target };
  const change = Math.ceil((target - group.desired) * factor);
  const instances = Math.min(group.desired + change, group.max);
  return { instances, limits: [`factor ${factor}: ${group.desired} to ${instances}`] };
}
