import type { Situation, Step } from "./rule.ts";

/** Rule 5. Within the group's own min and max. */
export function clampToLimits(wanted: number, { group: { min, max } }: Situation): Step {
  if (wanted > max) return { instances: max, limits: [`at most ${max} (max)`] };
  if (wanted < min) return { instances: min, limits: [`at least ${min} (min)`] };
  return { instances: wanted };
}
