import type { GroupFacts, ScalerMemory } from "../facts.ts";
import type { Scaler } from "../scaler.ts";
import { remainingCooldown } from "./cooldown.ts";
import type { Step } from "./rule.ts";

/**
 * Rule 8. From desired up to the target: not where scale-out is off or cooling down; by a share of
 * the way where there is a factor, rounded away from desired, and never above max.
 */
export function limitScaleOut(
  target: number,
  group: GroupFacts,
  scaler: Scaler,
  memory: ScalerMemory,
  observedAt: string,
): Step {
  const held = (why: string) => ({ instances: group.desired, reasons: [why] });
  if (scaler.scaleOut.disabled) return held("scale-out is disabled");
  const cooldown = remainingCooldown("scale-out", scaler, memory, observedAt);
  if (cooldown !== undefined) return held(cooldown);
  const { factor } = scaler.scaleOut;
  if (factor === undefined) return { instances: target, reasons: [] };
  const change = Math.ceil((target - group.desired) * factor);
  const instances = Math.min(group.desired + change, group.max);
  return { instances, reasons: [`factor ${factor}: ${group.desired} to ${instances}`] };
}
