import type {
  AgentCounts,
  GroupFacts,
  JobCounts,
  Observation,
  QueueFacts,
} from "../../functions/core/facts.ts";
import { computeDemand } from "../../functions/core/rules/demand.ts";
import { listReasons, type Situation, type Step } from "../../functions/core/rules/rule.ts";
import type { Scaler } from "../../functions/core/scaler.ts";

/** The current time in all tests that need one. */
export const NOW = "2026-01-05T09:00:00.000Z";

/** Returns the time some seconds before {@link NOW}, RFC 3339. */
export function secondsAgo(seconds: number): string {
  return new Date(Date.parse(NOW) - seconds * 1000).toISOString();
}

/** Creates job counts; counts that are not named are 0. */
export function createJobs(jobs: Partial<JobCounts>): JobCounts {
  return { scheduled: 0, running: 0, waiting: 0, ...jobs };
}

/** Creates idle agents. */
export function createAgents(total: number): AgentCounts {
  return { idle: total, busy: 0, total };
}

/** Creates a queue with jobs and idle agents. */
export function createQueue(jobs: Partial<JobCounts>, agents = 0): QueueFacts {
  return { jobs: createJobs(jobs), agents: createAgents(agents) };
}

/** Creates a group with all desired instances in service, and wide limits. */
export function createGroup(group: Partial<GroupFacts> & { desired: number }): GroupFacts {
  return { min: 0, max: 1000, inService: group.desired, pending: 0, ...group };
}

/** Creates the observation of the queue `default` and the group `agents`. */
export function createObservation(queue: QueueFacts, group: GroupFacts): Observation {
  return { observedAt: NOW, queues: { default: queue }, groups: { agents: group } };
}

/** The situation in which a rule decides: no jobs, no agents, nothing remembered, unless it says so. */
export function createSituation(
  scaler: Scaler,
  facts: Partial<Omit<Situation, "scaler">> = {},
): Situation {
  const jobs = facts.jobs ?? createJobs({});
  return {
    scaler,
    jobs,
    agents: createAgents(0),
    demand: computeDemand(jobs, scaler),
    group: createGroup({ desired: 0 }),
    memory: {},
    observedAt: NOW,
    ...facts,
  };
}

/** A step as a person sees it: the instances, and every reason in order. */
export function explainStep(step: Step): { instances: number; reasons: string[] } {
  return { instances: step.instances, reasons: listReasons(step) };
}
