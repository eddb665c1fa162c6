import type { Action, Decision, Verdict } from "./decision.ts";
import {
  type Fault,
  type GroupFacts,
  isTaskFailure,
  type Observation,
  sumQueues,
  type TaskFailure,
} from "./facts.ts";
import type { Memory, ScalerMemory } from "./memory.ts";
import { ownValue } from "./own-value.ts";
import { tryParseJson } from "./parse-json.ts";
import { plural } from "./plural.ts";
import { boostForMissingAgents } from "./rules/availability.ts";
import { addBuffer } from "./rules/buffer.ts";
import { computeDemand } from "./rules/demand.ts";
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

/** Decides every scaler as if it were alone. */
export function decideAll(
  scalers: readonly Scaler[],
  memory: Memory,
  observation: Observation | TaskFailure,
): Verdict[] {
  return scalers.map((scaler) => decide(scaler, ownValue(memory, scaler.name) ?? {}, observation));
}

/** Decides what one scaler's group does now, and why. If a fact is missing, the decision holds. */
export function decide(
  scaler: Scaler,
  memory: ScalerMemory,
  observation: Observation | TaskFailure,
): Verdict {
  if (isTaskFailure(observation)) return hold(scaler, undefined, toTaskFault(observation));
  const group = findGroup(scaler, observation);
  if ("error" in group) return hold(scaler, undefined, group);
  const { queues, queuesFault = NO_QUEUES, metricsAgeSeconds } = observation;
  if (queues === undefined) return hold(scaler, group, queuesFault);
  const stale = findStaleMetrics(metricsAgeSeconds, scaler);
  if (stale !== undefined) return hold(scaler, group, stale);
  const { jobs, agents } = sumQueues(scaler.queues.map((name) => ownValue(queues, name)));
  const demand = computeDemand(jobs, scaler);
  const { observedAt } = observation;
  return decideFromFacts({ scaler, jobs, agents, demand, group, memory, observedAt });
}

/** An answer without queues is not an answer that there are no jobs. */
const NO_QUEUES: Fault = { error: "MetricsMissing", message: "the observation has no queues" };

function decideFromFacts(situation: Situation): Verdict {
  const { scaler, group } = situation;
  const { steps, wanted, target } = applyRules(situation);
  const decision =
    target === group.desired
      ? stay(situation, [
          summarize(situation, wanted),
          ...steps.flatMap((step) => step.limits ?? []),
        ])
      : move(situation, target, steps);
  return { scaler, group, target, overMax: wanted > group.max, decision };
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

/** One short sentence in the place of the arithmetic, for the many polls that change nothing. */
function summarize({ demand, group }: Situation, wanted: number): string {
  if (demand.agents === 0) return `no jobs, ${group.desired} desired`;
  const jobs = plural(demand.agents, "job");
  return `${jobs}: ${plural(wanted, "instance")} needed, ${group.desired} desired`;
}

/** Moves toward the target, as far as cooldown and factor of that direction allow. */
function move(situation: Situation, target: number, steps: readonly Step[]): Decision {
  const { scaler, demand, group } = situation;
  const limitScaling = target > group.desired ? limitScaleOut : limitScaleIn;
  const scaling = limitScaling(target, situation);
  const reasons = [...demand.arithmetic, ...[...steps, scaling].flatMap(listReasons)];
  if (scaling.instances === group.desired) return stay(situation, reasons);
  const action = scaling.instances > group.desired ? "scale-out" : "scale-in";
  const note = scaler.dryRun ? ["dry run: not applied"] : [];
  return toDecision(scaler, action, group.desired, scaling.instances, [...reasons, ...note]);
}

function stay({ scaler, group: { desired } }: Situation, reasons: string[]): Decision {
  return toDecision(scaler, "none", desired, desired, reasons);
}

/** Without facts there is no reason to move: desired capacity stays as it is. */
function hold(scaler: Scaler, group: GroupFacts | undefined, fault: Fault): Verdict {
  const desired = group?.desired ?? null;
  const reasons = [`held: ${fault.error}: ${fault.message}`];
  const decision = { ...toDecision(scaler, "none", desired, desired, reasons), fault: fault.error };
  return { scaler, group, decision, overMax: false };
}

function toDecision(
  { name }: Scaler,
  action: Action,
  from: number | null,
  to: number | null,
  reasons: string[],
): Decision {
  return { scaler: name, action, from, to, reasons };
}

function toTaskFault({ Error: error, Cause }: TaskFailure): Fault {
  return { error, message: Cause ? readCauseMessage(Cause) : "Fetch metrics failed" };
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
