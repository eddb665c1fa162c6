import type { GroupFacts } from "../facts.ts";
import type { Step } from "./rule.ts";

/** Rule 5. Within the group's own min and max. */
export function clampToLimits(need: number, { min, max }: GroupFacts): Step {
  if (need > max) return { instances: max, reasons: [`at most ${max} (max)`] };
  if (need < min) return { instances: min, reasons: [`at least ${min} (min)`] };
  return { instances: need, reasons: [] };
}
