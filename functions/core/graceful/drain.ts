import { formatDuration } from "../duration.ts";
import type { InstanceAnswer } from "../facts.ts";
import { secondsBetween } from "../instant.ts";
import type { ScalerMemory } from "../memory.ts";
import { ownValue } from "../own-value.ts";
import { plural } from "../plural.ts";
import type { Situation } from "../rules/rule.ts";
import { type Candidate, cannotEverStop, chooseStops, describeChoice } from "./choose-stops.ts";
import type { Drain, Leaving } from "./leaving.ts";

/** Everything that a drain is planned from. */
export interface DrainFacts {
  /** The group without its leaving instances. */
  situation: Situation;
  /** Instances to stop now: the surplus after cooldown and factor. 0 if there is none. */
  surplus: number;
  leaving: Leaving;
  /** InService ids that may be looked at in this poll. */
  instances: readonly string[];
  answers: Readonly<Record<string, InstanceAnswer>>;
  /** Instances that may still be told to stop in this poll, by limits of the loop and of the group's max. */
  room: { looks: number; stops: number; busyStops: number };
}

/** What one poll does about one group's surplus. */
export interface DrainPlan {
  looks: string[];
  stops: string[];
  /** Of `stops`, whether some may have jobs, which they finish. */
  busy: boolean;
  reasons: string[];
  /** When to look again, if looks led to no stop. */
  nextLook?: ScalerMemory["nextLook"];
}

/** An answer is worth something this long after its look was sent. */
export const ANSWER_SECONDS = 60;

const FIRST_WAIT_SECONDS = 60;
const LONGEST_WAIT_SECONDS = 600;

/** Plans looks or stops for a surplus, or says why neither is due. */
export function planDrain(facts: DrainFacts): DrainPlan {
  const { situation, surplus } = facts;
  if (surplus === 0) return wait([]);
  const candidates = listCandidates(facts);
  const answered = candidates.filter(({ answer }) => answer !== undefined);
  if (answered.length > 0) return stopChosen(facts, candidates);
  const silent = countSilent(situation);
  if (silent > 0) {
    const reason = `held: none of ${plural(silent, "instance")} answers`;
    return { ...wait([reason]), nextLook: backOff(situation) };
  }
  const why = whyNotLook(facts);
  if (why !== undefined) return wait([why]);
  const looks = candidates.map(({ id }) => id).slice(0, facts.room.looks);
  if (looks.length === 0) return wait([`${plural(surplus, "instance")} surplus: none to look at`]);
  return {
    ...wait([`looking at ${plural(looks.length, "instance")}`]),
    looks,
    nextLook: situation.memory.nextLook,
  };
}

function listCandidates({ instances, leaving, answers }: DrainFacts): Candidate[] {
  return instances
    .filter((id) => !leaving.drains.has(id))
    .map((id) => ({ id, answer: ownValue(answers, id) }));
}

/** How many instances were looked at whose time to answer is over. */
function countSilent({ memory, observedAt }: Situation): number {
  return (memory.looks ?? [])
    .filter(({ at }) => secondsBetween(at, observedAt) >= ANSWER_SECONDS)
    .reduce((sum, { instances }) => sum + instances, 0);
}

/** A surplus has to last for a second poll, some agent has to be idle, and the last looks must have ended. */
function whyNotLook({ situation }: DrainFacts): string | undefined {
  const { memory, agents, observedAt, scaler } = situation;
  if (memory.surplusSince === undefined || memory.surplusSince === observedAt)
    return "the surplus has to last for a second poll";
  // A look whose time is over has found the instances silent before.
  if (memory.looks !== undefined && memory.looks.length > 0)
    return "waiting for the instances' answers";
  const { nextLook } = memory;
  if (nextLook !== undefined && nextLook.at > observedAt)
    return `next look in ${formatDuration(secondsBetween(observedAt, nextLook.at))}`;
  if (agents.idle === 0 && !mayStopBusy(situation)) return "no agent is idle";
  return scaler.scaleIn.graceful ? undefined : "scale-in is not graceful";
}

/** Busy instances are asked too once the surplus has lasted for `busyAfter`. */
function mayStopBusy({ scaler, memory, observedAt }: Situation): boolean {
  const { busyAfterSeconds } = scaler.scaleIn;
  return (
    busyAfterSeconds !== undefined &&
    memory.surplusSince !== undefined &&
    secondsBetween(memory.surplusSince, observedAt) >= busyAfterSeconds
  );
}

function stopChosen(facts: DrainFacts, candidates: readonly Candidate[]): DrainPlan {
  const { situation, surplus, room } = facts;
  const { dryRun } = situation.scaler;
  const most = Math.min(surplus, room.stops);
  const mostBusy = mayStopBusy(situation) ? room.busyStops : 0;
  const chosen = chooseStops(candidates, { most, mostBusy });
  const plan = wait([describeChoice(surplus, chosen, candidates, dryRun)]);
  if (chosen.length === 0 || dryRun)
    return { ...plan, nextLook: backOff(situation, cannotEverStop(candidates)) };
  return {
    ...plan,
    stops: chosen.map(({ id }) => id),
    busy: chosen.some(({ jobs }) => jobs > 0),
  };
}

/**
 * When to look again: the wait doubles. One look backs off once, although its answers are read at several
 * polls. If no instance can ever stop, the longest wait is longer than what is left of the loop.
 */
function backOff(
  { memory, observedAt }: Situation,
  isHopeless = false,
): NonNullable<ScalerMemory["nextLook"]> {
  if (memory.nextLook !== undefined && memory.nextLook.at > observedAt) return memory.nextLook;
  const before = memory.nextLook?.waitSeconds;
  const doubled = before === undefined ? FIRST_WAIT_SECONDS : before * 2;
  const waitSeconds = isHopeless ? LONGEST_WAIT_SECONDS : Math.min(doubled, LONGEST_WAIT_SECONDS);
  const atMs = Date.parse(observedAt) + waitSeconds * 1000;
  return { at: new Date(atMs).toISOString(), waitSeconds };
}

function wait(reasons: string[]): DrainPlan {
  return { looks: [], stops: [], busy: false, reasons };
}

/** Leaving instances that are due for a look: once a minute, to see how many jobs are left. */
export function listDueLooks(
  { drains }: Leaving,
  memory: ScalerMemory,
  observedAt: string,
): string[] {
  const lastLook = (id: string, { since }: Drain) => ownValue(memory.drains ?? {}, id)?.at ?? since;
  return [...drains]
    .filter(([id, drain]) => secondsBetween(lastLook(id, drain), observedAt) >= ANSWER_SECONDS)
    .map(([id]) => id);
}
