import { formatDuration } from "../duration.ts";
import type { AgentCounts, GroupFacts, ScalerMemory } from "../facts.ts";
import { secondsBetween } from "../instant.ts";
import { plural } from "../plural.ts";
import type { Scaler } from "../scaler.ts";
import type { Step } from "./rule.ts";

/** What the availability rule looks at. */
export interface AvailabilityFacts {
  demand: number;
  need: number;
  agents: AgentCounts;
  group: GroupFacts;
  memory: ScalerMemory;
  /** Now, RFC 3339. */
  observedAt: string;
}

/**
 * Rule 3. Where too few of the agents that the group should have are connected, one instance more
 * than desired; nothing while the group converges, or while instances of a recent scale-out are
 * still starting.
 *
 * The reference knows no such grace, and adds one instance after another while healthy ones boot.
 */
export function boostForMissingAgents(facts: AvailabilityFacts, scaler: Scaler): Step {
  const { need, group } = facts;
  const unchanged = { instances: need, reasons: [] };
  const shortage = shortageOf(facts, scaler);
  if (shortage === undefined || group.inService !== group.desired) return unchanged;
  const instances = Math.max(need, group.desired + 1);
  if (instances === need) return unchanged;
  const grace = graceLeftSeconds(facts, scaler);
  if (grace > 0) {
    return {
      instances: need,
      reasons: [`${shortage}: may be starting for ${formatDuration(grace)} more`],
    };
  }
  return { instances, reasons: [`${shortage}: at least ${plural(instances, "instance")}`] };
}

/**
 * In words, or undefined where enough agents are connected or the rule does not apply. (The rule
 * also knows a group that desires instances and has none in service: it converges, so it is left
 * alone whatever is expected of it.)
 */
function shortageOf(
  { demand, agents, group }: AvailabilityFacts,
  scaler: Scaler,
): string | undefined {
  const { availabilityThreshold, agentsPerInstance } = scaler;
  const expected = group.inService * agentsPerInstance;
  if (demand === 0 || expected === 0 || agents.total / expected >= availabilityThreshold) {
    return undefined;
  }
  return `${agents.total} of ${plural(expected, "agent")} connected, under ${availabilityThreshold}`;
}

function graceLeftSeconds({ memory, observedAt }: AvailabilityFacts, scaler: Scaler): number {
  if (memory.lastScaleOutAt === undefined) return 0;
  return scaler.agentStartupGraceSeconds - secondsBetween(memory.lastScaleOutAt, observedAt);
}
