import * as v from "valibot";
import type { Loop } from "./beat.ts";
import type { Fault, GroupFacts, Memory, Observation, QueueFacts, TaskFailure } from "./facts.ts";
import { isInstant } from "./instant.ts";
import { flagSchema, recordSchema, wholeNumberSchema } from "./schema-helpers.ts";

/**
 * The shapes in which core types travel through the state machine. What a Task receives is checked
 * against them; keys that nobody reads are dropped.
 */

const AN_INSTANT = "a time such as 2026-01-05T09:00:00Z";

/** An RFC 3339 time. */
export const instantSchema = v.pipe(v.string(AN_INSTANT), v.check(isInstant, AN_INSTANT));

const count = wholeNumberSchema(0);

const aText = v.string("a text");

/** {@link Fault} */
export const faultSchema = v.object({ error: aText, message: aText }) satisfies Shape<Fault>;

/** {@link QueueFacts} */
export const queueFactsSchema = v.object({
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

const groupFault = v.object({ fault: faultSchema });

const observed = v.object({
  observedAt: instantSchema,
  minimumPollSeconds: v.optional(count),
  metricsAgeSeconds: v.optional(count),
  organization: v.optional(aText),
  cluster: v.optional(aText),
  queues: v.optional(recordSchema(queueFactsSchema)),
  queuesFault: v.optional(faultSchema),
  groups: v.optional(
    recordSchema(v.lazy((group) => (has(group, "fault") ? groupFault : groupFacts))),
  ),
  groupsFault: v.optional(faultSchema),
}) satisfies Shape<Observation>;

const taskFailure = v.object({
  Error: aText,
  Cause: v.optional(aText),
}) satisfies Shape<TaskFailure>;

/** {@link Observation}, or what Step Functions puts in its place when the Task failed. */
export const observationSchema = v.lazy((input) => (has(input, "Error") ? taskFailure : observed));

/** {@link Memory} */
export const memorySchema = recordSchema(
  v.object({ lastScaleInAt: v.optional(instantSchema), lastScaleOutAt: v.optional(instantSchema) }),
) satisfies Shape<Memory>;

/** {@link Loop} */
export const loopSchema = v.object({
  nextPollAt: instantSchema,
  pollUntil: instantSchema,
  publishMetrics: v.optional(flagSchema),
}) satisfies Shape<Loop>;

type Shape<T> = v.GenericSchema<unknown, T>;

function has(input: unknown, key: string): boolean {
  return typeof input === "object" && input !== null && key in input;
}
