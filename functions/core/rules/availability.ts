import { formatDuration } from "../duration.ts";
import { secondsBetween } from "../instant.ts";
import { plural } from "../plural.ts";
import type { Situation, Step } from "./rule.ts";

/**
 * Rule 3. If too few of the agents that the group should have are connected, one instance more than
 * desired. It adds none while the group converges, or while the instances of a recent scale-out may
 * still be starting: until then the group keeps what it has, so that the added instance is not taken
 * back while it boots.
 *
 * The reference has no such grace: it adds one instance after another while healthy ones boot, and takes
 * each back while it boots.
 */
export function boostForMissingAgents(need: number, situation: Situation): Step {
  const { desired, inService } = situation.group;
  const shortage = describeShortage(situation);
  if (shortage === undefined || need > desired) return { instances: need };
  const graceSeconds = graceLeftSeconds(situation);
  if (graceSeconds > 0) return waitForAgents(shortage, need, desired, graceSeconds);
  if (inService !== desired) return { instances: need };
  const instances = desired + 1;
  return { instances, limits: [`${shortage}: at least ${plural(instances, "instance")}`] };
}

function waitForAgents(
  shortage: string,
  need: number,
  desired: number,
  graceSeconds: number,
): Step {
  const left = `may be starting for ${formatDuration(graceSeconds)} more`;
  const kept = need < desired ? `, at least ${plural(desired, "instance")} until then` : "";
  return { instances: desired, limits: [`${shortage}: ${left}${kept}`] };
}

/**
 * The shortage in words; undefined if enough agents are connected or the rule does not apply. (The
 * reference has another case: a group that desires instances and has none in service. That group
 * converges, so this rule adds nothing.)
 */
function describeShortage({ demand, agents, group, scaler }: Situation): string | undefined {
  const { availabilityThreshold, agentsPerInstance } = scaler;
  const expected = group.inService * agentsPerInstance;
  const isEnough = agents.total / expected >= availabilityThreshold;
  if (demand.agents === 0 || expected === 0 || isEnough) return undefined;
  return `${agents.total} of ${plural(expected, "agent")} connected, under ${availabilityThreshold}`;
}

function graceLeftSeconds({ memory, observedAt, scaler }: Situation): number {
  if (memory.lastScaleOutAt === undefined) return 0;
  return scaler.agentStartupGraceSeconds - secondsBetween(memory.lastScaleOutAt, observedAt);
}
