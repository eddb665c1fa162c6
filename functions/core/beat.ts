import * as v from "valibot";
import { instantSchema, parseInstantMs } from "./instant.ts";
import { changeSchema } from "./plan.ts";
import { flagSchema, wholeNumberSchema } from "./schema-helpers.ts";

/** What a loop with events knows about them. */
const loopEventsSchema = v.object({
  /** An event caused this poll: what SQS answered when it was acknowledged. */
  heard: v.optional(v.unknown()),
  /** An event arrived that the last poll had answered already: what SQS answered when it was deleted. */
  dropped: v.optional(v.unknown()),
  /** A listen of this slot had no answer in time: the error. The loop does not listen again in it. */
  timedOut: v.optional(v.unknown()),
  /** When this poll begins, RFC 3339; absent if an event caused it, or if it begins on its beat. */
  offBeatAt: v.optional(instantSchema),
  /** The scheduled jobs of all queues in the last poll; absent if they are not known. */
  scheduledJobs: v.optional(wholeNumberSchema(0)),
});

/** {@link loopEventsSchema} */
export type LoopEvents = v.InferOutput<typeof loopEventsSchema>;

/** When a loop may poll: its next beat, and the end of its slot. */
export const loopSchema = v.object({
  /** RFC 3339, whole seconds. */
  nextPollAt: instantSchema,
  /** RFC 3339, the end of the slot: nothing is read or changed at or after this time. */
  pollUntil: instantSchema,
  /** The loop ends after its first poll. */
  once: v.optional(v.literal(true)),
  /** Whether metrics are published to CloudWatch; absent means that they are not. */
  publishMetrics: v.optional(flagSchema),
  /** Whether all eight metrics of a queue are published; absent means four. */
  allQueueMetrics: v.optional(flagSchema),
  /** The changes of the last poll, if Apply scaling failed: each may have been made. */
  unconfirmed: v.optional(v.object({ decidedAt: instantSchema, changes: v.array(changeSchema) })),
  /** Absent if the loop does not listen for events. */
  events: v.optional(loopEventsSchema),
});

/** {@link loopSchema} */
export type Loop = v.InferOutput<typeof loopSchema>;

/** What decides the next beat. */
export interface BeatFacts {
  /** The beat of this poll, in epoch milliseconds. */
  beatMs: number;
  /** When this poll had its facts, in epoch milliseconds. */
  observedMs: number;
  intervalSeconds: number;
  /** Whether the poll does not begin on its beat, because of an event. */
  isOffBeat?: boolean;
}

/**
 * The first beat after this poll: the poll's own beat plus the interval. If the poll took longer than
 * the interval, whole intervals are added until the beat lies in the future. Missed beats are skipped.
 * A poll off the beat leaves the grid alone: if its beat is still to come, it is the next one.
 */
export function nextBeatMs({ beatMs, observedMs, intervalSeconds, isOffBeat }: BeatFacts): number {
  if (isOffBeat && observedMs < beatMs) return beatMs;
  const intervalMs = intervalSeconds * 1000;
  const missed = Math.max(0, Math.floor((observedMs - beatMs) / intervalMs));
  return beatMs + (missed + 1) * intervalMs;
}

/** This poll's beat: the loop's, or, in a replay without a loop, the second in which it was observed. */
export function currentBeatMs(loop: Loop | undefined, observedMs: number): number {
  const secondMs = Math.floor(observedMs / 1000) * 1000;
  return loop === undefined ? secondMs : parseInstantMs(loop.nextPollAt);
}

/** Whether a poll does not begin on its beat: an event caused it, or it follows one that an event caused. */
export function isOffBeat(loop: Loop | undefined): boolean {
  return loop?.events?.heard !== undefined || loop?.events?.offBeatAt !== undefined;
}

/** Whether a loop's slot has ended by this time. A loop without an end never ends. */
export function isSlotOver(pollUntil: string | undefined, nowMs: number): boolean {
  return pollUntil !== undefined && nowMs >= parseInstantMs(pollUntil);
}

/** Whether a multiple of the publish interval lies after this beat and not after the next beat. */
export function isPublishDue(
  beatMs: number,
  nextMs: number,
  publishIntervalSeconds: number,
): boolean {
  const intervalMs = publishIntervalSeconds * 1000;
  return Math.floor(nextMs / intervalMs) > Math.floor(beatMs / intervalMs);
}
