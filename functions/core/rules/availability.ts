import { formatDuration } from "../duration.ts";
import { secondsBetween } from "../instant.ts";
import { plural } from "../plural.ts";
import type { Situation, Step } from "./rule.ts";

/**
 * Rule 3. If too few of the agents that the group should have are connected, one instance more than
 * desired. It adds none while the group converges, or while the instances of a recent scale-out may
 * still be starting.
 *
 * The reference has no such grace: it adds one instance after another while healthy ones boot.
 */
export function boostForMissingAgents(need: number, situation: Situation): Step {
  const { desired, inService } = situation.group;
  const shortage = describeShortage(situation);
  const boosted = Math.max(need, desired + 1);
  if (shortage === undefined || inService !== desired || boosted === need) {
    return { instances: need };
  }
  const graceSeconds = graceLeftSeconds(situation);
  return graceSeconds > 0
    ? {
        instances: need,
        limits: [`${shortage}: may be starting for ${formatDuration(graceSeconds)} more`],
      }
    : { instances: boosted, limits: [`${shortage}: at least ${plural(boosted, "instance")}`] };
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
