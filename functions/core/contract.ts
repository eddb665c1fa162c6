import * as v from "valibot";
import type { Loop } from "./beat.ts";
import type { Fault, GroupFacts, Memory, Observation, QueueFacts, TaskFailure } from "./facts.ts";
import { isInstant } from "./instant.ts";
import { byName, flag, whole } from "./schema-helpers.ts";

/**
 * The shapes in which core types travel through the state machine. What a Task receives is checked
 * against them; keys that nobody reads are dropped.
 */

const AN_INSTANT = "a time such as 2026-01-05T09:00:00Z";

/** An RFC 3339 time. */
export const instant = v.pipe(v.string(AN_INSTANT), v.check(isInstant, AN_INSTANT));

const count = whole(0);

const aText = v.string("a text");

/** {@link Fault} */
export const fault = v.object({ error: aText, message: aText }) satisfies Shape<Fault>;

/** {@link QueueFacts} */
export const queueFacts = v.object({
  jobs: v.object({ scheduled: count, running: count, waiting: count }),
  agents: v.object({ idle: count, busy: count, total: count }),
}) satisfies Shape<QueueFacts>;

const groupFacts = v.object({
  desired: count,
  min: count,
  max: count,
  inService: count,
  pending: count,
}) satisfies Shape<GroupFacts>;

const groupFault = v.object({ fault });

const observed = v.object({
  observedAt: instant,
  minimumPollSeconds: v.optional(count),
  metricsAgeSeconds: v.optional(count),
  organization: v.optional(aText),
  cluster: v.optional(aText),
  queues: v.optional(byName(queueFacts)),
  queuesFault: v.optional(fault),
  groups: v.optional(byName(v.lazy((group) => (has(group, "fault") ? groupFault : groupFacts)))),
  groupsFault: v.optional(fault),
}) satisfies Shape<Observation>;

const taskFailure = v.object({
  Error: aText,
  Cause: v.optional(aText),
}) satisfies Shape<TaskFailure>;

/** {@link Observation}, or what Step Functions puts in its place when the Task failed. */
export const observation = v.lazy((input) => (has(input, "Error") ? taskFailure : observed));

/** {@link Memory} */
export const memory = byName(
  v.object({ lastScaleInAt: v.optional(instant), lastScaleOutAt: v.optional(instant) }),
) satisfies Shape<Memory>;

/** {@link Loop} */
export const loop = v.object({
  nextPollAt: instant,
  pollUntil: instant,
  publishMetrics: v.optional(flag),
}) satisfies Shape<Loop>;

type Shape<T> = v.GenericSchema<unknown, T>;

function has(input: unknown, key: string): boolean {
  return typeof input === "object" && input !== null && key in input;
}
