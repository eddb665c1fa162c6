import {
  currentBeatMs,
  isOffBeat,
  isPublishDue,
  isSlotOver,
  type Loop,
  nextBeatMs,
} from "./beat.ts";
import { decideAll } from "./decide.ts";
import { addReasons, type Decision, type Verdict } from "./decision.ts";
import {
  countEvents,
  countScheduledJobs,
  type EventCounts,
  type Listen,
  planWake,
  type Wake,
} from "./events.ts";
import { isTaskFailure, type Observation, type TaskFailure } from "./facts.ts";
import { type GracefulPlan, planGraceful, SWEEP_SECONDS } from "./graceful/plan-graceful.ts";
import { formatInstant, parseInstantMs } from "./instant.ts";
import type { LoopSettings } from "./loop-settings.ts";
import { forgetOldScalings, type Memory, recallTimes, recordUnconfirmed } from "./memory.ts";
import { type Snapshot, takeSnapshot } from "./metrics.ts";
import { ownValue } from "./own-value.ts";
import type { Change, Plan } from "./plan.ts";
import type { Scaler } from "./scaler.ts";
import { findTimesUpdate } from "./times-update.ts";

/** Everything that one poll decides from. */
export interface PollFacts {
  settings: LoopSettings;
  /** Absent in a replay: then the loop has no end. */
  loop?: Loop | undefined;
  scalers: readonly Scaler[];
  memory: Memory;
  observation: Observation | TaskFailure;
  /** Now, for every rule: when the facts were observed, or, without facts, when that became known. */
  observedAt: string;
}

/** The state that goes on to the next poll. */
export interface Carry {
  settings: LoopSettings;
  loop?: Loop;
  memory: Memory;
  /** Present if the loop listens for events until its next poll. */
  listen?: Listen;
}

/** The result of one poll. The definition goes on with `next`, so that the decisions are logged once. */
export interface Poll {
  decisions: Decision[];
  next: NextState;
}

/** The state with which the definition goes on. */
export interface NextState {
  /** The next poll, RFC 3339: the next beat, or, if an event caused this poll, soon. */
  nextPollAt: string;
  carry: Carry;
  /** Present if the loop listens for events: see {@link Wake}. */
  earliestPollAt?: string;
  answeredBefore?: string;
  /** Present if there is something to do. */
  plan?: Plan;
  /** Present if metrics are due. */
  publish?: Snapshot;
  /** Present if the slot ends before the next poll. */
  lastPoll?: true;
}

/** A poll with the verdicts behind its decisions, and with what alarms count. */
export interface PollResult {
  poll: Poll;
  verdicts: Verdict[];
  counts: GracefulPlan["counts"];
  /** Absent without events. */
  events?: EventCounts;
}

/** Turns facts into decisions: everything that Compute capacity does. */
export function decidePoll(facts: PollFacts): PollResult {
  const { settings, loop, scalers, observation, observedAt } = facts;
  const beats = findBeats(facts);
  const known = recallAll(facts);
  const verdicts = decideAll(scalers, known, observation);
  const graceful = planGracefulGroups(verdicts, known, observation, beats);
  const memory = forgetOldScalings(
    scalers,
    { ...known, ...Object.fromEntries(graceful.memory) },
    observedAt,
  );
  const { nextPollMs, listen, ...wake } = findWake(facts, beats);
  const plan = toPlan(verdicts, graceful, memory, observedAt);
  const publishes =
    loop?.publishMetrics === true &&
    isPublishDue(beats.currentMs, beats.nextMs, settings.publishIntervalSeconds);
  const next: NextState = {
    nextPollAt: formatInstant(nextPollMs),
    carry: {
      ...carryLoop(facts, beats.nextMs, nextPollMs),
      memory,
      ...(listen === undefined ? {} : { listen }),
    },
    ...wake,
    ...(plan === undefined ? {} : { plan }),
    ...(publishes ? { publish: takePublished(facts, verdicts, listen) } : {}),
    ...(isLastPoll(facts, nextPollMs) ? { lastPoll: true } : {}),
  };
  const decisions = verdicts.map(({ decision }) =>
    addReasons(decision, graceful.reasons.get(decision.scaler) ?? []),
  );
  return {
    poll: { decisions, next },
    verdicts,
    counts: graceful.counts,
    ...(loop?.events === undefined ? {} : { events: countEvents(loop.events, observation) }),
  };
}

/** A loop without events polls on its next beat. */
function findWake(facts: PollFacts, { nextMs }: Beats): Wake {
  const { loop, observedAt } = facts;
  if (loop?.events === undefined) return { nextPollMs: nextMs };
  const observedMs = parseInstantMs(observedAt);
  return planWake({ ...facts, loop, events: loop.events, observedMs, nextBeatMs: nextMs });
}

/** The settings and the loop with its next beat, without what only this poll needs. */
function carryLoop(
  { settings, loop, observation }: PollFacts,
  nextBeatMs: number,
  nextPollMs: number,
): Pick<Carry, "settings" | "loop"> {
  const { leastGapSeconds: _, ...plain } = settings;
  if (loop === undefined) return { settings: plain };
  const { unconfirmed: __, ...carried } = { ...loop, nextPollAt: formatInstant(nextBeatMs) };
  if (loop.events === undefined) return { settings: plain, loop: carried };
  const scheduledJobs = countScheduledJobs(observation);
  const { timedOut } = loop.events;
  const events = {
    ...(timedOut === undefined ? {} : { timedOut }),
    ...(nextPollMs === nextBeatMs ? {} : { offBeatAt: formatInstant(nextPollMs) }),
    ...(scheduledJobs === undefined ? {} : { scheduledJobs }),
  };
  return { settings, loop: { ...carried, events } };
}

function takePublished(
  { loop, observation, observedAt }: PollFacts,
  verdicts: readonly Verdict[],
  listen: Listen | undefined,
): Snapshot {
  return {
    ...takeSnapshot(verdicts, observation, observedAt),
    ...(loop?.allQueueMetrics === true ? { allQueueMetrics: true } : {}),
    ...(listen === undefined ? {} : { listen }),
  };
}

function isLastPoll(facts: PollFacts, nextPollMs: number): boolean {
  const roomMs = Math.max(0, findRoomMs(facts) - 1);
  return facts.loop?.once === true || isSlotOver(facts.loop?.pollUntil, nextPollMs + roomMs);
}

/**
 * How long before the slot's end the last poll has to be. The next execution polls at its start and does
 * not know that Buildkite asks for a longer interval than the definition's, so this one leaves it room.
 */
function findRoomMs({ settings, observation }: PollFacts): number {
  if (isTaskFailure(observation) || observation.queues === undefined) return 0;
  const asked = observation.minimumPollSeconds ?? 0;
  return asked > settings.pollIntervalSeconds ? asked * 1000 : 0;
}

/** What is remembered, with what the groups' tags remember. */
function recallAll(facts: PollFacts): Memory {
  const { loop, scalers, observation, observedAt } = facts;
  const groups = isTaskFailure(observation) ? {} : (observation.groups ?? {});
  const { changes = [], decidedAt = observedAt } = loop?.unconfirmed ?? {};
  const memory = recordUnconfirmed(changes, facts.memory, groups, decidedAt);
  const recalled = scalers.flatMap((scaler) => {
    const group = ownValue(groups, scaler.group);
    if (group === undefined || "fault" in group) return [];
    const known = ownValue(memory, scaler.name) ?? {};
    return [[scaler.name, recallTimes(scaler, known, group, observedAt)]];
  });
  return { ...memory, ...Object.fromEntries(recalled) };
}

interface Beats {
  currentMs: number;
  nextMs: number;
}

function findBeats({ settings, loop, observation, observedAt }: PollFacts): Beats {
  const observedMs = parseInstantMs(observedAt);
  const currentMs = currentBeatMs(loop, observedMs);
  const intervalSeconds = pollIntervalSeconds(settings, observation);
  const nextMs = nextBeatMs({
    beatMs: currentMs,
    observedMs,
    intervalSeconds,
    isOffBeat: isOffBeat(loop),
  });
  return { currentMs, nextMs };
}

/** The larger of the definition's interval and the interval that Buildkite asked for in this answer. */
function pollIntervalSeconds(
  settings: LoopSettings,
  observation: Observation | TaskFailure,
): number {
  const asked = isTaskFailure(observation) ? undefined : observation.minimumPollSeconds;
  return Math.max(settings.pollIntervalSeconds, asked ?? 0);
}

/** Without an observation, nothing is planned and everything that is remembered stays. */
function planGracefulGroups(
  verdicts: readonly Verdict[],
  memory: Memory,
  observation: Observation | TaskFailure,
  { currentMs, nextMs }: Beats,
): GracefulPlan {
  const isSweepDue = isPublishDue(currentMs, nextMs, SWEEP_SECONDS);
  return isTaskFailure(observation)
    ? planGraceful({ verdicts: [], memory, observation: { observedAt: "" }, isSweepDue })
    : planGraceful({ verdicts, memory, observation, isSweepDue });
}

/** Everything that Apply scaling has to do; undefined if that is nothing. */
function toPlan(
  verdicts: readonly Verdict[],
  { looks, stops, terminations }: GracefulPlan,
  memory: Memory,
  observedAt: string,
): Plan | undefined {
  const changes = verdicts.flatMap(toChange);
  const changed = new Set(changes.map(({ scaler }) => scaler));
  const times = verdicts
    .filter(({ scaler }) => !changed.has(scaler.name))
    .flatMap(
      (verdict) => findTimesUpdate(verdict, ownValue(memory, verdict.scaler.name) ?? {}) ?? [],
    );
  const commands = { changes, looks, stops, terminations, times };
  const due = Object.entries(commands).filter(([, list]) => list.length > 0);
  return due.length === 0
    ? undefined
    : { decidedAt: observedAt, changes, ...Object.fromEntries(due) };
}

/**
 * Returns at most one change: none if the decision holds or stays, none in a dry run, and none for a
 * graceful scale-in, in which instances leave one by one.
 */
function toChange({ scaler, decision }: Verdict): Change[] {
  const { action, from, to } = decision;
  if (action === "none" || from === null || to === null || scaler.dryRun) return [];
  if (action === "scale-in" && scaler.scaleIn.graceful) return [];
  const graceful = scaler.scaleIn.graceful ? { graceful: true as const } : {};
  return [{ scaler: scaler.name, group: scaler.group, action, from, to, ...graceful }];
}
