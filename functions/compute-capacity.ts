import * as v from "valibot";
import { loopSchema } from "./core/beat.ts";
import type { Verdict } from "./core/decision.ts";
import type { EventCounts } from "./core/events.ts";
import { isTaskFailure, observationSchema } from "./core/facts.ts";
import { parseInstantMs } from "./core/instant.ts";
import { loopSettingsSchema } from "./core/loop-settings.ts";
import { memorySchema } from "./core/memory.ts";
import { decidePoll, type Poll, type PollResult } from "./core/poll.ts";
import { parseScalers } from "./core/read-scalers.ts";
import { writeMetric } from "./middleware/embedded-metric.ts";
import { type Tools, task } from "./middleware/task.ts";

const eventSchema = v.object({
  // The loop's name. The key stays `cluster` until 1.0, because recorded decisions replay with it.
  cluster: v.optional(v.string(), ""),
  settings: loopSettingsSchema,
  loop: v.optional(loopSchema),
  scalers: v.array(v.unknown(), "a list of scalers"),
  memory: memorySchema,
  observation: observationSchema,
});

/** Turns facts into decisions. It reads and writes nothing: its role may only write logs. */
async function computeCapacity(
  facts: v.InferOutput<typeof eventSchema>,
  { now }: Tools,
): Promise<Poll> {
  const scalers = parseScalers(facts.scalers);
  const observedAt = isTaskFailure(facts.observation)
    ? new Date(now()).toISOString()
    : facts.observation.observedAt;
  const { poll, verdicts, counts, events } = decidePoll({ ...facts, scalers, observedAt });
  const atMs = parseInstantMs(observedAt);
  writeAlarmMetrics(verdicts, facts.cluster, atMs);
  writeInstanceMetrics(counts, facts.cluster, atMs);
  if (events !== undefined) writeEventMetrics(events, facts.cluster, atMs);
  return poll;
}

/**
 * Writes what alarms watch. `HeldPolls` is written at every poll, as 1 or 0: from its values an alarm sees
 * whether all polls were held, and from their number whether the loop polls at all, however often it does.
 */
function writeAlarmMetrics(verdicts: readonly Verdict[], loop: string, atMs: number): void {
  const held = verdicts.map(({ decision }) => decision).filter(({ fault }) => fault !== undefined);
  const beyond = verdicts.filter(({ overMax }) => overMax).map(({ scaler }) => scaler.name);
  if (held.length > 0) writeMetric("HeldPolls", 1, loop, atMs, { held });
  else writeMetric("HeldPolls", 0, loop, atMs, {});
  if (beyond.length > 0)
    writeMetric("BeyondMaximum", beyond.length, loop, atMs, { scalers: beyond });
}

/** Writes what alarms and the dashboard watch about instances. A count of 0 is not written. */
function writeInstanceMetrics(
  { draining, overdue, dangling, notAnswering }: PollResult["counts"],
  loop: string,
  atMs: number,
): void {
  if (draining > 0) writeMetric("DrainingInstances", draining, loop, atMs, {});
  if (overdue > 0) writeMetric("OverdueDrains", overdue, loop, atMs, {});
  if (dangling > 0) writeMetric("DanglingInstances", dangling, loop, atMs, {});
  if (notAnswering > 0) writeMetric("InstancesNotAnswering", notAnswering, loop, atMs, {});
}

/**
 * Writes which polls an event caused. `EventsHeard` is 1 or 0 only if there was an event or should have
 * been one: if all its values are 0, events do not arrive although jobs are scheduled.
 */
function writeEventMetrics(
  { isCausedByEvent, heard }: EventCounts,
  loop: string,
  atMs: number,
): void {
  if (isCausedByEvent) writeMetric("EventPolls", 1, loop, atMs, {});
  if (heard !== undefined) writeMetric("EventsHeard", heard ? 1 : 0, loop, atMs, {});
}

export const handler = task(eventSchema, computeCapacity, {});
