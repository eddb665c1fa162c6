import { formatDuration } from "../duration.ts";
import type { InstanceAnswer } from "../facts.ts";
import { secondsBetween } from "../instant.ts";
import type { ScalerMemory } from "../memory.ts";
import { ownValue } from "../own-value.ts";
import { plural } from "../plural.ts";
import type { Situation } from "../rules/rule.ts";
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
  if (answered.length > 0) return chooseStops(facts, candidates);
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

/** Reasons about the instances that already leave; none if nothing leaves. */
export function describeLeaving({ drains, silent }: Leaving, observedAt: string): string[] {
  const reasons: string[] = [];
  if (drains.size > 0) {
    const jobs = [...drains.values()].reduce((sum, { jobs: count = 0 }) => sum + count, 0);
    const oldest = [...drains.values()].map(({ since }) => since).sort()[0] ?? observedAt;
    const left = jobs === 0 ? "" : `${plural(jobs, "job")} left, `;
    const age = formatDuration(Math.max(0, secondsBetween(oldest, observedAt)));
    reasons.push(`waiting for ${drains.size} draining: ${left}${age}`);
  }
  if (silent.length > 0) {
    const what = plural(silent.length, "instance");
    reasons.push(`${what} did not answer for an hour after a stop: ${silent.join(", ")}`);
  }
  return reasons;
}

interface Candidate {
  id: string;
  answer: InstanceAnswer | undefined;
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
  const open = memory.looks?.some(({ at }) => secondsBetween(at, observedAt) < ANSWER_SECONDS);
  if (open) return "waiting for the instances' answers";
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

/** Stops those with the fewest jobs first, then those that are up longest, then by id. */
function chooseStops(facts: DrainFacts, candidates: readonly Candidate[]): DrainPlan {
  const { situation, surplus, room } = facts;
  const willing = candidates.flatMap(({ id, answer }) =>
    answer !== undefined && canStop(answer) ? [{ id, ...answer }] : [],
  );
  willing.sort(
    (a, b) => a.jobs - b.jobs || b.uptimeSeconds - a.uptimeSeconds || (a.id < b.id ? -1 : 1),
  );
  const idle = willing.filter(({ jobs }) => jobs === 0).slice(0, Math.min(surplus, room.stops));
  const wanted = Math.min(surplus, room.stops) - idle.length;
  const busy = mayStopBusy(situation)
    ? willing.filter(({ jobs }) => jobs > 0).slice(0, Math.max(0, Math.min(wanted, room.busyStops)))
    : [];
  const chosen = [...idle, ...busy];
  const reasons = [describeChoice(facts, chosen, candidates)];
  if (chosen.length === 0) return { ...wait(reasons), nextLook: backOff(situation) };
  if (situation.scaler.dryRun) return { ...wait(reasons), nextLook: backOff(situation) };
  return { ...wait(reasons), stops: chosen.map(({ id }) => id), busy: busy.length > 0 };
}

/** Windows has no graceful stop, and a unit that is not active has nothing to stop. */
function canStop({ platform, state }: InstanceAnswer): boolean {
  return platform === "linux" && state === "active";
}

function describeChoice(
  { surplus, situation }: DrainFacts,
  chosen: readonly { id: string; jobs: number }[],
  candidates: readonly Candidate[],
): string {
  const answers = candidates.flatMap(({ answer }) => answer ?? []);
  const verb = situation.scaler.dryRun ? "would drain" : "draining";
  const ids = chosen.map(({ id, jobs }) => `${id} ${jobs === 0 ? "idle" : plural(jobs, "job")}`);
  const shown = ids.length > 5 ? [...ids.slice(0, 5), `${ids.length - 5} more`] : ids;
  const rest = [
    ...countOthers(
      answers,
      ({ platform }) => platform === "windows",
      "run Windows, which has no graceful stop",
    ),
    ...countOthers(answers, ({ state }) => state === "not-found", "have no such unit"),
    ...countOthers(
      answers,
      (a) => canStop(a) && a.jobs > 0,
      "busy",
      chosen.filter(({ jobs }) => jobs > 0).length,
    ),
  ];
  const head =
    chosen.length === 0
      ? `none of ${plural(surplus, "surplus instance")} can drain`
      : `${verb} ${chosen.length} of ${surplus} surplus: ${shown.join(", ")}`;
  return [head, ...rest].join("; ");
}

function countOthers(
  answers: readonly InstanceAnswer[],
  matches: (answer: InstanceAnswer) => boolean,
  what: string,
  without = 0,
): string[] {
  const count = answers.filter(matches).length - without;
  return count > 0 ? [`${count} ${what}`] : [];
}

/** One look backs off once, although its answers are read at several polls. */
function backOff({ memory, observedAt }: Situation): NonNullable<ScalerMemory["nextLook"]> {
  if (memory.nextLook !== undefined && memory.nextLook.at > observedAt) return memory.nextLook;
  const before = memory.nextLook?.waitSeconds;
  const waitSeconds =
    before === undefined ? FIRST_WAIT_SECONDS : Math.min(before * 2, LONGEST_WAIT_SECONDS);
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
