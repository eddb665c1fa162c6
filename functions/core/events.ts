/**
 * How Buildkite's events wake a loop. An event means one thing only: poll now. The definition listens to
 * the loop's queue while it waits for the next beat, and polls when a message arrives. The message's body
 * is `{"at":"2026-01-05T09:00:00Z"}`: the event's time in whole seconds, so that the FIFO queue keeps one
 * message for each second.
 */
import * as v from "valibot";
import type { Loop, LoopEvents } from "./beat.ts";
import { isTaskFailure, type Observation, type TaskFailure } from "./facts.ts";
import { formatInstant, instantSchema, parseInstantMs } from "./instant.ts";
import type { LoopSettings } from "./loop-settings.ts";
import type { Problem } from "./problems.ts";
import { wholeNumberSchema } from "./schema-helpers.ts";

/** The longest wait for a message that SQS allows. With events, the poll interval is at most that long. */
export const LONGEST_LISTEN_SECONDS = 20;

/** Why the poll interval is too long for a loop with events; undefined if it is not. */
export function explainLongInterval({ pollIntervalSeconds }: LoopSettings): Problem | undefined {
  if (pollIntervalSeconds <= LONGEST_LISTEN_SECONDS) return undefined;
  return {
    where: "Settings: pollIntervalSeconds",
    what: `${pollIntervalSeconds} is not allowed with events; allowed: at most ${LONGEST_LISTEN_SECONDS}, because SQS lets a loop wait for an event no longer`,
  };
}

/**
 * The name of a loop's queue in a stack. A dot is not allowed in it, so the number of the loop in its
 * cluster is always there: `main` is `-main-1.fifo`, and `main.2` is `-main-2.fifo`.
 */
export function nameEventQueue(prefix: string, loopName: string): string {
  const [cluster = "", number = "1"] = loopName.split(".");
  return `${prefix}${cluster}-${number}.fifo`;
}

/** The least gap if the settings have none. */
const LEAST_GAP_SECONDS = 2;

/**
 * A listen ends this long before the beat or earlier. Messages that the last poll has answered already are
 * deleted meanwhile, and after each of them the loop listens for the whole time again.
 */
const DRAIN_MILLISECONDS = 500;

/** How the wait for the next poll listens. */
export const listenSchema = v.object({
  /** For SQS. */
  listenSeconds: wholeNumberSchema(1),
  /** RFC 3339. A listen of the same length that begins until then ends before the poll. */
  relistenUntil: instantSchema,
});

/** {@link listenSchema} */
export type Listen = v.InferOutput<typeof listenSchema>;

/** Returns a listen from `nowMs` until at most `untilMs`; undefined if there is no time for one. */
export function planListen(untilMs: number, nowMs: number): Listen | undefined {
  const leftSeconds = Math.floor((untilMs - nowMs - DRAIN_MILLISECONDS) / 1000);
  if (leftSeconds < 1) return undefined;
  const listenSeconds = Math.min(leftSeconds, LONGEST_LISTEN_SECONDS);
  return { listenSeconds, relistenUntil: formatInstant(untilMs - listenSeconds * 1000) };
}

/** Returns a listen that begins later than planned and ends in time; undefined if there is no time left. */
export function shortenListen(planned: Listen | undefined, nowMs: number): Listen | undefined {
  if (planned === undefined) return undefined;
  const { listenSeconds, relistenUntil } = planned;
  return planListen(parseInstantMs(relistenUntil) + listenSeconds * 1000, nowMs);
}

/** What one poll of a loop with events decides from. */
export interface EventFacts {
  settings: LoopSettings;
  loop: Loop;
  events: LoopEvents;
  observation: Observation | TaskFailure;
  /** When the facts were observed, in epoch milliseconds. */
  observedMs: number;
  /** The next beat, in epoch milliseconds. */
  nextBeatMs: number;
}

/** When a loop with events polls next, and how it listens until then. */
export interface Wake {
  nextPollMs: number;
  listen?: Listen;
  /** RFC 3339. A poll that an event causes begins then or later. */
  earliestPollAt?: string;
  /** The body of a message at the second in which this poll began: older ones are answered. */
  answeredBefore?: string;
}

/**
 * Decides when a loop with events polls next. A poll that an event caused is followed by another one
 * after the least gap: the queue drops an event of a second that it has seen, even if that message was
 * deleted before. Every other poll is followed by the next beat, and until then the loop listens.
 */
export function planWake(facts: EventFacts): Wake {
  const { loop, events, observation, nextBeatMs } = facts;
  const startMs = findStartMs(facts);
  const earliestMs = roundUpToSecond(startMs + findGapSeconds(facts) * 1000);
  const isCausedByEvent = events.heard !== undefined;
  const nextPollMs = isCausedByEvent ? earliestMs : Math.max(nextBeatMs, earliestMs);
  const untilMs = Math.min(nextPollMs, parseInstantMs(loop.pollUntil));
  const listen = planListen(untilMs, facts.observedMs);
  if (isCausedByEvent || !mayListen(facts) || earliestMs >= untilMs || listen === undefined)
    return { nextPollMs };
  return {
    nextPollMs,
    listen,
    earliestPollAt: formatInstant(earliestMs),
    answeredBefore: formatBody(startMs - readAgeSeconds(observation) * 1000),
  };
}

/**
 * When the poll began. A Wait state ends in whole seconds, so a poll on a beat began on it. When an event
 * began a poll is not known: no later than it had its facts.
 */
function findStartMs({ loop, events, observedMs }: EventFacts): number {
  const { heard, offBeatAt = loop.nextPollAt } = events;
  return heard === undefined ? parseInstantMs(offBeatAt) : observedMs;
}

function findGapSeconds({ settings, observation }: EventFacts): number {
  const { leastGapSeconds = LEAST_GAP_SECONDS } = settings;
  return Math.max(leastGapSeconds, askedSeconds(observation));
}

/**
 * A loop listens only while all is well: after a fault, or for the rest of a slot in which a listen timed
 * out, it waits for its beat, as without events.
 */
function mayListen({ loop, events, observation }: EventFacts): boolean {
  return (
    loop.once === undefined &&
    events.timedOut === undefined &&
    !isTaskFailure(observation) &&
    observation.queues !== undefined &&
    observation.groups !== undefined
  );
}

function askedSeconds(observation: Observation | TaskFailure): number {
  return isTaskFailure(observation) ? 0 : (observation.minimumPollSeconds ?? 0);
}

function readAgeSeconds(observation: Observation | TaskFailure): number {
  return isTaskFailure(observation) ? 0 : (observation.metricsAgeSeconds ?? 0);
}

/** A Wait state ignores milliseconds. */
function roundUpToSecond(ms: number): number {
  return Math.ceil(ms / 1000) * 1000;
}

/** The body of a message about an event at this time. The bodies of later events sort after it. */
function formatBody(ms: number): string {
  return JSON.stringify({ at: formatInstant(ms) });
}

/** What a poll knows about events, for alarms. */
export interface EventCounts {
  /** Whether an event caused this poll. */
  isCausedByEvent: boolean;
  /**
   * Whether an event arrived since the last poll. False only if this poll saw new jobs and no event
   * arrived; undefined if there was none to expect.
   */
  heard?: boolean;
}

/** Compares the jobs of this poll with those of the last one. */
export function countEvents(
  { heard, dropped, scheduledJobs: before }: LoopEvents,
  observation: Observation | TaskFailure,
): EventCounts {
  const isCausedByEvent = heard !== undefined;
  if (isCausedByEvent || dropped !== undefined) return { isCausedByEvent, heard: true };
  const jobs = countScheduledJobs(observation);
  const isNew = jobs !== undefined && before !== undefined && jobs > before;
  return { isCausedByEvent, ...(isNew ? { heard: false } : {}) };
}

/** The scheduled jobs of all queues; undefined if a fault hides some. */
export function countScheduledJobs(observation: Observation | TaskFailure): number | undefined {
  if (isTaskFailure(observation) || observation.queues === undefined) return undefined;
  return Object.values(observation.queues).reduce<number | undefined>(
    (sum, queue) =>
      sum === undefined || "fault" in queue ? undefined : sum + queue.jobs.scheduled,
    0,
  );
}
