import { readCauseMessage } from "./cause.ts";
import type { Action, Decision, Verdict } from "./decision.ts";
import {
  type Fault,
  type GroupFacts,
  type Memory,
  type Observation,
  type QueueFacts,
  type ScalerMemory,
  sumQueues,
  type TaskFailure,
} from "./facts.ts";
import { ownValue } from "./own-value.ts";
import { plural } from "./plural.ts";
import { boostForMissingAgents } from "./rules/availability.ts";
import { addBuffer } from "./rules/buffer.ts";
import { computeDemand } from "./rules/demand.ts";
import { findStaleMetrics } from "./rules/elastic-ci.ts";
import { clampToLimits } from "./rules/limits.ts";
import { computeNeed } from "./rules/need.ts";
import type { Step } from "./rules/rule.ts";
import { limitScaleIn } from "./rules/scale-in.ts";
import { limitScaleOut } from "./rules/scale-out.ts";
import type { Scaler } from "./scaler.ts";

/** Decides every scaler as if it were alone. */
export function decideAll(
  scalers: readonly Scaler[],
  memory: Memory,
  observation: Observation | TaskFailure,
): Verdict[] {
  return scalers.map((scaler) => decide(scaler, ownValue(memory, scaler.name) ?? {}, observation));
}

/** What one scaler's group shall do now, and why. Facts that are missing make it hold. */
export function decide(
  scaler: Scaler,
  memory: ScalerMemory,
  observation: Observation | TaskFailure,
): Verdict {
  if (isTaskFailure(observation)) return held(scaler, undefined, taskFault(observation));
  const group = groupOf(scaler, observation);
  if ("error" in group) return held(scaler, undefined, group);
  const { queues, queuesFault = NO_QUEUES, metricsAgeSeconds } = observation;
  if (queues === undefined) return held(scaler, group, queuesFault);
  const stale = findStaleMetrics(metricsAgeSeconds, scaler);
  if (stale !== undefined) return held(scaler, group, stale);
  const queue = sumQueues(scaler.queues.map((name) => ownValue(queues, name)));
  return decided(scaler, memory, queue, group, observation.observedAt);
}

/** Nothing heard is not the same as no jobs. */
const NO_QUEUES: Fault = { error: "MetricsMissing", message: "the observation has no queues" };

/** Whether Fetch metrics itself failed, and Step Functions put its error in the observation's place. */
export function isTaskFailure(observation: Observation | TaskFailure): observation is TaskFailure {
  return "Error" in observation;
}

function decided(
  scaler: Scaler,
  memory: ScalerMemory,
  { jobs, agents }: QueueFacts,
  group: GroupFacts,
  observedAt: string,
): Verdict {
  const demand = computeDemand(jobs, scaler);
  const need = computeNeed(demand.agents, scaler);
  const facts = { demand: demand.agents, need: need.instances, agents, group, memory, observedAt };
  const available = boostForMissingAgents(facts, scaler);
  const buffered = addBuffer(available.instances, jobs, scaler);
  const target = clampToLimits(buffered.instances, group);
  const verdict = {
    scaler,
    group,
    target: target.instances,
    overMax: buffered.instances > group.max,
  };
  const limits = [...available.reasons, ...target.reasons];
  if (target.instances === group.desired) {
    const reasons = [quietReason(demand.agents, need, buffered, group), ...limits];
    return { ...verdict, decision: unchanged(scaler, group, reasons) };
  }
  const why = [
    ...demand.reasons,
    ...need.reasons,
    ...available.reasons,
    ...buffered.reasons,
    ...target.reasons,
  ];
  const move = target.instances > group.desired ? limitScaleOut : limitScaleIn;
  const moved = move(target.instances, group, scaler, memory, observedAt);
  return { ...verdict, decision: changed(scaler, group, moved, why) };
}

/** One short sentence in the place of the arithmetic, for the many polls that change nothing. */
function quietReason(demand: number, need: Step, buffered: Step, group: GroupFacts): string {
  if (demand === 0) return `no jobs, ${group.desired} desired`;
  const cap = need.reasons.length > 1 ? ` (${need.reasons.at(-1)})` : "";
  return `${plural(demand, "job")}: ${plural(buffered.instances, "instance")} needed${cap}, ${group.desired} desired`;
}

function changed(scaler: Scaler, group: GroupFacts, moved: Step, why: string[]): Decision {
  const reasons = [...why, ...moved.reasons];
  if (moved.instances === group.desired) return unchanged(scaler, group, reasons);
  const action = moved.instances > group.desired ? "scale-out" : "scale-in";
  const note = scaler.dryRun ? ["dry run: not applied"] : [];
  return decision(scaler, action, group.desired, moved.instances, [...reasons, ...note]);
}

function unchanged(scaler: Scaler, { desired }: GroupFacts, reasons: string[]): Decision {
  return decision(scaler, "none", desired, desired, reasons);
}

function decision(
  { name }: Scaler,
  action: Action,
  from: number | null,
  to: number | null,
  reasons: string[],
): Decision {
  return { scaler: name, action, from, to, reasons };
}

/** Without facts there is no ground to move: what is, stays. */
function held(scaler: Scaler, group: GroupFacts | undefined, fault: Fault): Verdict {
  const desired = group?.desired ?? null;
  const reasons = [`held: ${fault.error}: ${fault.message}`];
  return {
    scaler,
    group,
    decision: { ...decision(scaler, "none", desired, desired, reasons), fault: fault.error },
    overMax: false,
  };
}

function taskFault({ Error: error, Cause }: TaskFailure): Fault {
  return { error, message: Cause ? readCauseMessage(Cause) : "Fetch metrics failed" };
}

function groupOf(scaler: Scaler, observation: Observation): GroupFacts | Fault {
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
