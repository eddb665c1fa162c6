import type { GroupFacts, ScalerMemory } from "../facts.ts";
import type { Scaler } from "../scaler.ts";
import { remainingCooldown } from "./cooldown.ts";
import type { Step } from "./rule.ts";

/**
 * Rule 7. From desired down to the target: not where scale-in is off (a switch that Elastic CI mode
 * ignores) or cooling down; by a share of the way where there is a factor, rounded away from
 * desired, and never below min or 0.
 */
export function limitScaleIn(
  target: number,
  group: GroupFacts,
  scaler: Scaler,
  memory: ScalerMemory,
  observedAt: string,
): Step {
  const held = (why: string) => ({ instances: group.desired, reasons: [why] });
  if (scaler.scaleIn.disabled && !scaler.elasticCiMode) return held("scale-in is disabled");
  const cooldown = remainingCooldown("scale-in", scaler, memory, observedAt);
  if (cooldown !== undefined) return held(cooldown);
  const { factor } = scaler.scaleIn;
  if (factor === undefined) return { instances: target, reasons: [] };
  const change = Math.floor((target - group.desired) * factor);
  const instances = Math.max(group.desired + change, group.min, 0);
  return { instances, reasons: [`factor ${factor}: ${group.desired} to ${instances}`] };
}
