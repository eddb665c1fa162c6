import { currentBeatMs, isPublishDue, isSlotOver, type Loop, nextBeatMs } from "./beat.ts";
import { decideAll } from "./decide.ts";
import type { Change, Decision, Plan, Verdict } from "./decision.ts";
import { isTaskFailure, type Observation, type TaskFailure } from "./facts.ts";
import { formatInstant, parseInstantMs } from "./instant.ts";
import type { LoopSettings } from "./loop-settings.ts";
import { forgetOldScalings, type Memory } from "./memory.ts";
import { type Snapshot, takeSnapshot } from "./metrics.ts";
import type { Scaler } from "./scaler.ts";

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
}

/** The result of one poll: the state that the rest of the definition reads. */
export interface Poll {
  decisions: Decision[];
  /** The next beat, RFC 3339. */
  nextPollAt: string;
  carry: Carry;
  /** Present if a desired capacity has to change. */
  plan?: Plan;
  /** Present if metrics are due. */
  publish?: Snapshot;
  /** Present if the slot ends before the next beat. */
  lastPoll?: true;
}

/** A poll with the verdicts behind its decisions. */
export interface PollResult {
  poll: Poll;
  verdicts: Verdict[];
}

/** Turns facts into decisions: everything that Compute capacity does. */
export function decidePoll(facts: PollFacts): PollResult {
  const { settings, loop, scalers, memory, observation, observedAt } = facts;
  const verdicts = decideAll(scalers, memory, observation);
  const beats = findBeats(facts);
  const nextPollAt = formatInstant(beats.nextMs);
  const changes = verdicts.flatMap(toChange);
  const publishes =
    loop?.publishMetrics === true &&
    isPublishDue(beats.currentMs, beats.nextMs, settings.publishIntervalSeconds);
  const poll: Poll = {
    decisions: verdicts.map(({ decision }) => decision),
    nextPollAt,
    carry: {
      settings,
      ...(loop === undefined ? {} : { loop: { ...loop, nextPollAt } }),
      memory: forgetOldScalings(scalers, memory, observedAt),
    },
    ...(changes.length === 0 ? {} : { plan: { decidedAt: observedAt, changes } }),
    ...(publishes ? { publish: takeSnapshot(verdicts, observation, observedAt) } : {}),
    ...(isSlotOver(loop?.pollUntil, beats.nextMs) ? { lastPoll: true } : {}),
  };
  return { poll, verdicts };
}

function findBeats({ settings, loop, observation, observedAt }: PollFacts) {
  const observedMs = parseInstantMs(observedAt);
  const currentMs = currentBeatMs(loop, observedMs);
  const intervalSeconds = pollIntervalSeconds(settings, observation);
  return { currentMs, nextMs: nextBeatMs({ beatMs: currentMs, observedMs, intervalSeconds }) };
}

/** The larger of the definition's interval and the interval that Buildkite asked for in this answer. */
function pollIntervalSeconds(
  settings: LoopSettings,
  observation: Observation | TaskFailure,
): number {
  const asked = isTaskFailure(observation) ? undefined : observation.minimumPollSeconds;
  return Math.max(settings.pollIntervalSeconds, asked ?? 0);
}

/** Returns at most one change: none if the decision holds or stays, and none in a dry run. */
function toChange({ scaler, decision }: Verdict): Change[] {
  const { action, from, to } = decision;
  if (action === "none" || from === null || to === null || scaler.dryRun) return [];
  return [{ scaler: scaler.name, group: scaler.group, action, from, to }];
}
