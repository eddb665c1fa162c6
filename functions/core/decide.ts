import { addReasons, type Decision, type Verdict } from "./decision.ts";
import {
  collectQueues,
  type Fault,
  type GroupFacts,
  isTaskFailure,
  type Observation,
  type TaskFailure,
} from "./facts.ts";
import { shortenMessage } from "./faults.ts";
import {
  countLeavingJobs,
  describeLeaving,
  findLeaving,
  type Leaving,
  NOTHING_LEAVES,
} from "./graceful/leaving.ts";
import type { Memory, ScalerMemory } from "./memory.ts";
import { ownValue } from "./own-value.ts";
import { tryParseJson } from "./parse-json.ts";
import { plural } from "./plural.ts";
import { boostForMissingAgents } from "./rules/availability.ts";
import { addBuffer } from "./rules/buffer.ts";
import { computeDemand, describeUnlisted } from "./rules/demand.ts";
import { findStaleMetrics } from "./rules/elastic-ci.ts";
import { clampToLimits } from "./rules/limits.ts";
import { computeNeed } from "./rules/need.ts";
import { listReasons, type Rule, type Situation, type Step } from "./rules/rule.ts";
import { limitScaleIn } from "./rules/scale-in.ts";
import { limitScaleOut } from "./rules/scale-out.ts";
import type { Scaler } from "./scaler.ts";

/**
 * Rules 2 to 5, in order: from the demand to the target. A new rule is a file in rules/ and a line
 * here.
 */
const RULES: readonly Rule[] = [computeNeed, boostForMissingAgents, addBuffer, clampToLimits];

/** Decides every scaler. Scalers of one queue only share what their leaving instances still run. */
export function decideAll(
  scalers: readonly Scaler[],
  memory: Memory,
  observation: Observation | TaskFailure,
): Verdict[] {
  const leaving = new Map(
    scalers.map((scaler) => [scaler, collectLeaving(scaler, memory, observation)]),
  );
  const departing = [...leaving].filter(([, { drains }]) => drains.size > 0);
  return scalers.map((scaler) =>
    decide(scaler, ownValue(memory, scaler.name) ?? {}, observation, {
      leaving: leaving.get(scaler) ?? NOTHING_LEAVES,
      jobs: countJobsOnLeaving(scaler, departing),
    }),
  );
}

/** What leaves a scaler's group, and how many jobs of the scaler's queues leaving instances still run. */
interface Departure {
  leaving: Leaving;
  jobs: number;
}

const NO_DEPARTURE: Departure = { leaving: NOTHING_LEAVES, jobs: 0 };

/** Decides what one scaler's group does now, and why. If a fact is missing, the decision holds. */
export function decide(
  scaler: Scaler,
  memory: ScalerMemory,
  observation: Observation | TaskFailure,
  departure: Departure = NO_DEPARTURE,
): Verdict {
  if (isTaskFailure(observation)) return hold(scaler, undefined, toTaskFault(observation));
  const group = findGroup(scaler, observation);
  if ("error" in group) return hold(scaler, undefined, group);
  const { queues, queuesFault = NO_QUEUES, metricsAgeSeconds, observedAt } = observation;
  if (queues === undefined) return hold(scaler, group, queuesFault);
  const stale = findStaleMetrics(metricsAgeSeconds, scaler);
  if (stale !== undefined) return hold(scaler, group, stale);
  const queue = collectQueues(scaler.queues, queues);
  if ("error" in queue) return hold(scaler, group, queue);
  const jobs = { ...queue.jobs, running: Math.max(0, queue.jobs.running - departure.jobs) };
  const situation = {
    scaler,
    jobs,
    agents: queue.agents,
    demand: computeDemand(jobs, scaler),
    group: withoutLeaving(group, departure.leaving),
    memory,
    observedAt,
  };
  const unlisted = describeUnlisted(scaler.queues, queues);
  const verdict = decideFromFacts(situation, group, departure.leaving);
  return { ...verdict, decision: addReasons(verdict.decision, unlisted) };
}

function collectLeaving(
  scaler: Scaler,
  memory: Memory,
  observation: Observation | TaskFailure,
): Leaving {
  if (!scaler.scaleIn.graceful || isTaskFailure(observation)) return NOTHING_LEAVES;
  const group = ownValue(observation.groups ?? {}, scaler.group);
  const instances = group === undefined || "fault" in group ? [] : (group.instances ?? []);
  return findLeaving(instances, ownValue(memory, scaler.name) ?? {}, observation);
}

/** Jobs of leaving instances in every group that serves one of the scaler's queues. */
function countJobsOnLeaving(
  scaler: Scaler,
  departing: readonly (readonly [Scaler, Leaving])[],
): number {
  const sharing = departing.filter(([other]) =>
    other.queues.some((queue) => scaler.queues.includes(queue)),
  );
  return sharing.reduce((sum, [, leaving]) => sum + countLeavingJobs(leaving), 0);
}

function withoutLeaving(group: GroupFacts, { drains }: Leaving): GroupFacts {
  return {
    ...group,
    desired: Math.max(0, group.desired - drains.size),
    inService: Math.max(0, group.inService - drains.size),
  };
}

/** An answer without queues is not an answer that there are no jobs. */
const NO_QUEUES: Fault = { error: "MetricsMissing", message: "the observation has no queues" };

function decideFromFacts(situation: Situation, group: GroupFacts, leaving: Leaving): Verdict {
  const { scaler } = situation;
  const { steps, wanted, target } = applyRules(situation);
  const scaling = limitScaling(situation, target);
  const reasons =
    scaling === undefined
      ? [summarize(situation, wanted), ...steps.flatMap((step) => step.limits ?? [])]
      : [...situation.demand.arithmetic, ...[...steps, scaling].flatMap(listReasons)];
  const usable = scaling?.instances ?? target;
  return {
    scaler,
    group,
    target,
    overMax: wanted > group.max,
    decision: toDecision(situation, group, usable, [
      ...reasons,
      ...describeLeaving(leaving, situation.observedAt),
    ]),
    basis: {
      situation,
      leaving,
      target,
      // A factor above 1 would drain more than the jobs leave idle.
      surplus: Math.max(0, situation.group.desired - Math.max(usable, target)),
    },
  };
}

/** Applies the rules one after the other. `wanted` is what the jobs ask for, before min and max. */
function applyRules(situation: Situation): { steps: Step[]; wanted: number; target: number } {
  const steps: Step[] = [];
  let wanted = 0;
  let target = 0;
  for (const rule of RULES) {
    wanted = target;
    const step = rule(target, situation);
    target = step.instances;
    steps.push(step);
  }
  return { steps, wanted, target };
}

/** Moves toward the target as far as cooldown and factor of that direction allow; undefined if it is reached. */
function limitScaling(situation: Situation, target: number): Step | undefined {
  const { desired } = situation.group;
  if (target === desired) return undefined;
  return target > desired ? limitScaleOut(target, situation) : limitScaleIn(target, situation);
}

/** One short sentence in the place of the arithmetic, for the many polls that change nothing. */
function summarize({ demand, group }: Situation, wanted: number): string {
  if (demand.agents === 0) return `no jobs, ${group.desired} desired`;
  const jobs = plural(demand.agents, "job");
  return `${jobs}: ${plural(wanted, "instance")} needed, ${group.desired} desired`;
}

/**
 * The decision about desired capacity. `usable` are the instances that shall be left once the leaving
 * instances are gone: desired capacity falls by those without a decision, and a scale-out adds to them.
 */
function toDecision(
  { scaler, group: { desired: usableNow } }: Situation,
  { desired, max }: GroupFacts,
  usable: number,
  reasons: string[],
): Decision {
  const leaving = desired - usableNow;
  const to = usable > usableNow ? Math.max(desired, Math.min(usable + leaving, max)) : usable;
  const action = usable < usableNow ? "scale-in" : to > desired ? "scale-out" : "none";
  if (action === "none")
    return { scaler: scaler.name, action, from: desired, to: desired, reasons };
  const note = scaler.dryRun ? ["dry run: not applied"] : [];
  return { scaler: scaler.name, action, from: desired, to, reasons: [...reasons, ...note] };
}

/** Without facts there is no reason to move: desired capacity stays as it is. */
function hold(scaler: Scaler, group: GroupFacts | undefined, fault: Fault): Verdict {
  const desired = group?.desired ?? null;
  const reasons = [`held: ${fault.error}: ${fault.message}`];
  const decision: Decision = {
    scaler: scaler.name,
    action: "none",
    from: desired,
    to: desired,
    reasons,
    fault: fault.error,
  };
  return { scaler, group, decision, overMax: false };
}

function toTaskFault({ Error: error, Cause }: TaskFailure): Fault {
  const message = Cause ? shortenMessage(readCauseMessage(Cause)) : "Fetch metrics failed";
  return { error, message };
}

/** The message in a failed Task's Cause: Lambda writes a thrown error there as JSON; others are plain text. */
export function readCauseMessage(cause: string): string {
  const parsed = tryParseJson(cause);
  const message: unknown =
    typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, "errorMessage") : undefined;
  return typeof message === "string" ? message : cause;
}

function findGroup(scaler: Scaler, observation: Observation): GroupFacts | Fault {
  if (observation.groupsFault !== undefined) return observation.groupsFault;
  const group = ownValue(observation.groups ?? {}, scaler.group);
  if (group === undefined) {
    return {
      error: "GroupNotFound",
      message: `no facts about the Auto Scaling group ${scaler.group}`,
    };
  }
  return "fault" in group ? group.fault : group;
}
