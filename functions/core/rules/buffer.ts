import { plural } from "../plural.ts";
import { takeShare } from "./demand.ts";
import { applyCap } from "./need.ts";
import type { Situation, Step } from "./rule.ts";

/**
 * Rule 4. While there are jobs, instances beyond the need: as many as configured, but never more than
 * the jobs themselves would fill and never more than the cap.
 */
export function addBuffer(need: number, { jobs, scaler }: Situation): Step {
  const all = jobs.scheduled + jobs.running + (scaler.includeWaiting ? jobs.waiting : 0);
  const filled = Math.ceil(takeShare(all, scaler.demandShare) / scaler.agentsPerInstance);
  const extra = applyCap(Math.min(scaler.instanceBuffer, filled), scaler.maxInstanceCap);
  if (extra === 0) return { instances: need };
  const instances = need + extra;
  return {
    instances,
    arithmetic: [`${need} + ${extra} (instanceBuffer) = ${plural(instances, "instance")}`],
  };
}
