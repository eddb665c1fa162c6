import { plural } from "../plural.ts";
import type { Scaler } from "../scaler.ts";
import type { Step } from "./rule.ts";

/** Rule 2. Instances that can take the demand at once, at most the cap where there is one. */
export function computeNeed(demand: number, scaler: Scaler): Step {
  if (demand === 0) return { instances: 0, reasons: [] };
  const uncapped = Math.ceil(demand / scaler.agentsPerInstance);
  const arithmetic = `${plural(demand, "job")} / ${plural(scaler.agentsPerInstance, "agent")} per instance = ${plural(uncapped, "instance")}`;
  const instances = applyCap(uncapped, scaler.maxInstanceCap);
  if (instances === uncapped) return { instances, reasons: [arithmetic] };
  return { instances, reasons: [arithmetic, `at most ${instances} (maxInstanceCap)`] };
}

/** At most the cap; a cap of 0 is none. */
export function applyCap(instances: number, cap: number): number {
  return cap > 0 ? Math.min(instances, cap) : instances;
}
