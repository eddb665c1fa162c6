import { plural } from "../plural.ts";
import type { Situation, Step } from "./rule.ts";

/** Rule 2. The instances that can run the demand at once, at most the cap if there is one. */
export function computeNeed(_: number, { demand, scaler }: Situation): Step {
  if (demand.agents === 0) return { instances: 0 };
  const uncapped = Math.ceil(demand.agents / scaler.agentsPerInstance);
  const instances = applyCap(uncapped, scaler.maxInstanceCap);
  const jobs = plural(demand.agents, "job");
  const agents = plural(scaler.agentsPerInstance, "agent");
  return {
    instances,
    arithmetic: [`${jobs} / ${agents} per instance = ${plural(uncapped, "instance")}`],
    ...(instances === uncapped ? {} : { limits: [`at most ${instances} (maxInstanceCap)`] }),
  };
}

/** At most the cap; a cap of 0 means no cap. */
export function applyCap(instances: number, cap: number): number {
  return cap > 0 ? Math.min(instances, cap) : instances;
}
