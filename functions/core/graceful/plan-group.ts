import type { Basis, Verdict } from "../decision.ts";
import type { GroupFacts, Observation } from "../facts.ts";
import type { Memory, ScalerMemory } from "../memory.ts";
import { ownValue } from "../own-value.ts";
import type { Termination } from "../plan.ts";
import type { Scaler } from "../scaler.ts";
import { countInstances, type InstanceCounts } from "./count-instances.ts";
import { type DanglingPlan, planDangling } from "./dangling.ts";
import { listDueLooks, planDrain } from "./drain.ts";
import type { Drain } from "./leaving.ts";
import { rememberGroup } from "./remember-group.ts";

/** What the poll as a whole knows. */
export interface PollContext {
  verdicts: readonly Verdict[];
  memory: Memory;
  observation: Observation;
  /** Whether a sweep is due before the next poll. */
  isSweepDue: boolean;
}

/** Everything that one group's commands are planned from. */
export interface GroupInput {
  scaler: Scaler;
  group: GroupFacts;
  basis: Basis;
  room: { looks: number; stops: number; busyStops: number };
  context: PollContext;
}

/** What one poll does in one group. */
export interface GroupPlan {
  looks: string[];
  stops: string[];
  busy: boolean;
  terminations: Omit<Termination, "scaler" | "group">[];
  reasons: string[];
  memory: ScalerMemory;
  counts: InstanceCounts;
}

/** Plans the looks, stops and terminations of one group, and what the next poll has to know. */
export function planGroup(input: GroupInput): GroupPlan {
  const { scaler, group, basis, room, context } = input;
  const { situation, leaving, surplus } = basis;
  const answers = context.observation.answers ?? {};
  const instances = group.instances ?? [];
  const isAlone = !sharesQueues(scaler, context.verdicts);
  const drain = planDrain({ situation, surplus, leaving, instances, answers, room });
  const dangling = planDangling({
    situation,
    group,
    hasSurplus: surplus > 0,
    leaving,
    instances,
    answers,
    isAlone,
  });
  const due = listDueLooks(leaving, situation.memory, situation.observedAt);
  const looks = [...new Set([...due, ...drain.looks, ...dangling.looks])].slice(0, room.looks);
  const asked = { ...drain, looks };
  const isSweepDue = context.isSweepDue && !isAlone;
  return {
    looks,
    stops: drain.stops,
    busy: drain.busy,
    terminations: scaler.dryRun ? [] : listTerminations(input, dangling),
    reasons: [...drain.reasons, ...dangling.reasons],
    memory: rememberGroup(basis, asked, dangling, answers, isSweepDue),
    counts: countInstances(
      leaving,
      dangling,
      situation.memory,
      context.observation,
      instances.flatMap((id) => ownValue(answers, id) ?? []),
    ),
  };
}

function sharesQueues(scaler: Scaler, verdicts: readonly Verdict[]): boolean {
  return verdicts.some(
    ({ scaler: other }) =>
      other !== scaler && other.queues.some((queue) => scaler.queues.includes(queue)),
  );
}

/** Ends what has stopped, if the loop is to end it, and what is dead. Desired capacity never falls below min. */
function listTerminations({ scaler, group, basis }: GroupInput, { dead }: DanglingPlan) {
  const stopped =
    scaler.scaleIn.endedBy === "loop"
      ? [...basis.leaving.drains].filter(([, drain]) => hasStopped(drain)).map(([id]) => id)
      : [];
  const ended = stopped.map((instance, index) => ({
    instance,
    decrement: group.desired - index > group.min,
  }));
  return dead === undefined || stopped.includes(dead.instance) ? ended : [...ended, dead];
}

function hasStopped({ answer }: Drain): boolean {
  return answer?.jobs === 0 && (answer.state === "inactive" || answer.state === "failed");
}
