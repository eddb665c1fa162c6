import { currentBeatMs, isPublishDue, type Loop, nextBeatMs } from "./beat.ts";
import { decideAll, isTaskFailure } from "./decide.ts";
import type { Change, Decision, Plan, Verdict } from "./decision.ts";
import type { Memory, Observation, TaskFailure } from "./facts.ts";
import { forgetOldScalings } from "./history.ts";
import { formatInstant, parseInstantMs } from "./instant.ts";
import type { LoopSettings } from "./loop-settings.ts";
import { type Snapshot, takeSnapshot } from "./metrics.ts";
import type { Scaler } from "./scaler.ts";

/** What one poll has to go by. */
export interface PollFacts {
  settings: LoopSettings;
  /** Absent in a replay: then the loop has no end. */
  loop?: Loop | undefined;
  scalers: readonly Scaler[];
  memory: Memory;
  observation: Observation | TaskFailure;
  /** Now for every rule: when the facts were observed, or, where there are none, when that was found out. */
  observedAt: string;
}

/** What is handed on to the next poll. */
export interface Carry {
  settings: LoopSettings;
  loop?: Loop;
  memory: Memory;
}

/** What one poll came to: the state that the rest of the definition reads. */
export interface Poll {
  decisions: Decision[];
  /** The next beat, RFC 3339. */
  nextPollAt: string;
  carry: Carry;
  /** Present where there is something to change. */
  plan?: Plan;
  /** Present where metrics are due. */
  publish?: Snapshot;
  /** Present where the slot ends before the next beat. */
  lastPoll?: true;
}

/** A poll, and the verdicts behind its decisions. */
export interface PollResult {
  poll: Poll;
  verdicts: Verdict[];
}

/** Facts in, decisions out: everything that Compute capacity does. */
export function decidePoll(facts: PollFacts): PollResult {
  const { settings, loop, scalers, memory, observation, observedAt } = facts;
  const verdicts = decideAll(scalers, memory, observation);
  const observedMs = parseInstantMs(observedAt);
  const beatMs = currentBeatMs(loop, observedMs);
  const intervalSeconds = intervalOf(settings, observation);
  const nextMs = nextBeatMs({ beatMs, observedMs, intervalSeconds });
  const nextPollAt = formatInstant(nextMs);
  const changes = verdicts.flatMap(changeOf);
  const publishes =
    loop?.publishMetrics === true && isPublishDue(beatMs, nextMs, settings.publishIntervalSeconds);
  const poll: Poll = {
    decisions: verdicts.map(({ decision }) => decision),
    nextPollAt,
    carry: carryOf(facts, nextPollAt),
    ...(changes.length === 0 ? {} : { plan: { decidedAt: observedAt, changes } }),
    ...(publishes ? { publish: takeSnapshot(verdicts, observation, observedAt) } : {}),
    ...(isLast(loop, nextMs) ? { lastPoll: true } : {}),
  };
  return { poll, verdicts };
}

function carryOf(
  { settings, loop, scalers, memory, observedAt }: PollFacts,
  nextPollAt: string,
): Carry {
  return {
    settings,
    ...(loop === undefined ? {} : { loop: { ...loop, nextPollAt } }),
    memory: forgetOldScalings(scalers, memory, observedAt),
  };
}

/** The larger of the definition's interval and what Buildkite asks for now; an earlier answer counts no more. */
function intervalOf(settings: LoopSettings, observation: Observation | TaskFailure): number {
  const asked = isTaskFailure(observation) ? undefined : observation.minimumPollSeconds;
  return Math.max(settings.pollIntervalSeconds, asked ?? 0);
}

function isLast(loop: Loop | undefined, nextMs: number): boolean {
  return loop !== undefined && nextMs >= parseInstantMs(loop.pollUntil);
}

/** At most one change: none for a scaler that stays, that knows too little, or that only rehearses. */
function changeOf({ scaler, decision }: Verdict): Change[] {
  const { action, from, to } = decision;
  if (action === "none" || from === null || to === null || scaler.dryRun) return [];
  return [{ scaler: scaler.name, group: scaler.group, action, from, to }];
}
