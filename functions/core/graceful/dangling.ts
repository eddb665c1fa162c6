import type { GroupFacts, InstanceAnswer } from "../facts.ts";
import type { GroupTimes } from "../group-times.ts";
import { secondsBetween } from "../instant.ts";
import type { ScalerMemory } from "../memory.ts";
import { ownValue } from "../own-value.ts";
import { plural } from "../plural.ts";
import type { Situation } from "../rules/rule.ts";
import type { Leaving } from "./leaving.ts";

/** Everything that the watch for dangling instances looks at. */
export interface DanglingFacts {
  /** The group without its leaving instances. */
  situation: Situation;
  group: GroupFacts;
  /** More instances than the jobs need. */
  hasSurplus: boolean;
  leaving: Leaving;
  /** InService ids that may be looked at in this poll. */
  instances: readonly string[];
  answers: Readonly<Record<string, InstanceAnswer>>;
  /** Whether no other scaler looks at the scaler's queues, so that missing agents are this group's. */
  isAlone: boolean;
}

/** What one poll does about dead agents under living instances. */
export interface DanglingPlan {
  looks: string[];
  /** At most one instance to end, because its agent is dead. */
  dead?: { instance: string; decrement: boolean };
  suspects: NonNullable<ScalerMemory["suspects"]>;
  shortageSince?: string | undefined;
  /** Whether the next poll has to look. */
  asksInstances: boolean;
  ended?: GroupTimes["ended"];
  reasons: string[];
}

/** Two looks that agree have to lie this far apart. */
const SECOND_LOOK_SECONDS = 60;

/** An agent may stop and start again within this time, e.g. after an update. */
const INACTIVE_SECONDS = 120;

/** An instance that stops by itself takes some time after its agent. */
const ENDS_ITSELF_SECONDS = 600;

/** Without any agent in the queue, an instance is looked at sooner than `danglingCheck.minimumUptime`. */
const UPTIME_WITHOUT_AGENTS_SECONDS = 600;

/** Share of a group that may be ended in an hour: a fleet that fails alike is not mended by replacing it. */
const ENDED_SHARE = 0.1;

/** Looks for instances whose agent is dead, and ends one that two looks found so. */
export function planDangling(facts: DanglingFacts): DanglingPlan {
  const shortageSince = findShortage(facts);
  const { suspects, dead } = judgeAnswers(facts);
  const lasts = hasLasted(shortageSince, facts.situation);
  const looks = [...listSecondLooks(facts, suspects), ...listFirstLooks(facts, lasts)];
  const plan = { looks, suspects, shortageSince, asksInstances: lasts };
  const [instance, ...others] = dead;
  if (instance === undefined) return { ...plan, reasons: describeSuspects(suspects) };
  return { ...plan, ...endOne(facts, instance, others.length) };
}

/** Since when the group's instances have fewer agents than they should, for reasons of their own. */
function findShortage({ situation, isAlone }: DanglingFacts): string | undefined {
  const { scaler, group, agents, memory, observedAt } = situation;
  const { lastScaleOutAt } = memory;
  const isStarting =
    lastScaleOutAt !== undefined &&
    secondsBetween(lastScaleOutAt, observedAt) < scaler.agentStartupGraceSeconds;
  const expected = group.inService * scaler.agentsPerInstance;
  const isShort = isAlone && group.pending === 0 && !isStarting && agents.total < expected;
  return isShort ? (memory.shortageSince ?? observedAt) : undefined;
}

/** A shortage counts once it has lasted for longer than agents may take to start. */
function hasLasted(shortageSince: string | undefined, { scaler, observedAt }: Situation): boolean {
  return (
    shortageSince !== undefined &&
    secondsBetween(shortageSince, observedAt) > scaler.agentStartupGraceSeconds
  );
}

function judgeAnswers(facts: DanglingFacts) {
  const { answers, instances, situation } = facts;
  const known = situation.memory.suspects ?? {};
  const suspects: NonNullable<ScalerMemory["suspects"]> = {};
  const dead: string[] = [];
  for (const id of instances) {
    const before = ownValue(known, id);
    const answer = ownValue(answers, id);
    if (answer === undefined) {
      if (before !== undefined) suspects[id] = before; // Silence proves nothing.
      continue;
    }
    const { bootId, inactiveAtSeconds, at } = answer;
    if (inactiveAtSeconds === undefined || !looksDead(id, answer, facts)) continue;
    const isSame = before?.bootId === bootId && before.inactiveAtSeconds === inactiveAtSeconds;
    suspects[id] = isSame ? before : { at, bootId, inactiveAtSeconds };
    if (isSame && secondsBetween(before.at, at) >= SECOND_LOOK_SECONDS) dead.push(id);
  }
  return { suspects, dead };
}

/** Whether one look finds the agent dead: positive evidence, never a missing answer. */
function looksDead(
  id: string,
  answer: InstanceAnswer,
  { situation, leaving }: DanglingFacts,
): boolean {
  const { platform, state, jobs, uptimeSeconds, inactiveAtSeconds = uptimeSeconds } = answer;
  if (platform !== "linux" || jobs > 0 || (state !== "inactive" && state !== "failed"))
    return false;
  const { scaler, agents } = situation;
  const minimumUptime =
    agents.total === 0
      ? Math.min(UPTIME_WITHOUT_AGENTS_SECONDS, scaler.danglingCheck.minimumUptimeSeconds)
      : scaler.danglingCheck.minimumUptimeSeconds;
  const inactiveSeconds = leaving.drains.has(id) ? ENDS_ITSELF_SECONDS : INACTIVE_SECONDS;
  return uptimeSeconds >= minimumUptime && uptimeSeconds - inactiveAtSeconds >= inactiveSeconds;
}

function listSecondLooks(
  { situation, answers }: DanglingFacts,
  suspects: NonNullable<ScalerMemory["suspects"]>,
): string[] {
  const isDue = (id: string, at: string) =>
    ownValue(answers, id) === undefined &&
    secondsBetween(at, situation.observedAt) >= SECOND_LOOK_SECONDS;
  return Object.entries(suspects).flatMap(([id, { at }]) => (isDue(id, at) ? [id] : []));
}

/** First looks are due while a shortage lasts, or in a sweep of a group that shares its queues. */
function listFirstLooks(
  { situation, instances, leaving, answers }: DanglingFacts,
  shortageLasts: boolean,
): string[] {
  const { scaler, memory } = situation;
  const hasOpenLooks = memory.looks !== undefined && memory.looks.length > 0;
  if (hasOpenLooks || !(shortageLasts || memory.sweepAt !== undefined)) return [];
  return instances
    .filter((id) => !leaving.drains.has(id) && ownValue(answers, id) === undefined)
    .filter((id) => ownValue(memory.suspects ?? {}, id) === undefined)
    .slice(0, scaler.danglingCheck.maxInstances);
}

function endOne(
  { situation, group, hasSurplus, leaving }: DanglingFacts,
  instance: string,
  others: number,
): Pick<DanglingPlan, "dead" | "ended" | "reasons"> {
  const { memory, observedAt, scaler } = situation;
  const count = countEnded(memory, observedAt);
  const most = Math.max(1, Math.floor(group.inService * ENDED_SHARE));
  const more = others > 0 ? `; ${others} more are dead` : "";
  if (count >= most) {
    const why = `${count} ended in this hour, at most ${most}: is the agent token or the image broken?`;
    return { reasons: [`held: the agent of ${instance} is dead${more}; ${why}`] };
  }
  const verb = scaler.dryRun ? "would end" : "ending";
  const reasons = [`${verb} ${instance}: two looks found its agent dead${more}`];
  if (scaler.dryRun) return { reasons };
  // A leaving instance is not needed: nobody counts it as capacity.
  const isSurplus = hasSurplus || leaving.drains.has(instance);
  return {
    dead: { instance, decrement: isSurplus && group.desired > group.min },
    ended: { count: count + 1, hour: startOfHour(observedAt) },
    reasons,
  };
}

function countEnded({ ended }: ScalerMemory, observedAt: string): number {
  return ended !== undefined && ended.hour === startOfHour(observedAt) ? ended.count : 0;
}

function startOfHour(observedAt: string): string {
  return `${observedAt.slice(0, 13)}:00:00Z`;
}

function describeSuspects(suspects: NonNullable<ScalerMemory["suspects"]>): string[] {
  const ids = Object.keys(suspects);
  if (ids.length === 0) return [];
  return [`${plural(ids.length, "agent")} may be dead, a second look decides: ${ids.join(", ")}`];
}
