import * as v from "valibot";
import { loopSchema } from "../../functions/core/beat.ts";
import { observationSchema } from "../../functions/core/facts.ts";
import { loopSettingsSchema } from "../../functions/core/loop-settings.ts";
import { memorySchema } from "../../functions/core/memory.ts";
import { recordSchema } from "../../functions/core/schema-helpers.ts";

/** What an execution's history records, read back: the shapes in which Tasks were called and answered. */

const capacity = v.nullable(v.number());

/** One decision as it was recorded. */
export const recordedDecisionSchema = v.object({
  scaler: v.string(),
  action: v.picklist(["none", "scale-out", "scale-in"]),
  from: capacity,
  to: capacity,
  reasons: v.array(v.string()),
  fault: v.exactOptional(v.string()),
});

/** What Compute capacity answered. */
export const recordedPollSchema = v.object({
  decisions: v.array(recordedDecisionSchema),
  nextPollAt: v.string(),
  lastPoll: v.optional(v.boolean(), false),
});

/** What Compute capacity was asked. */
export const recordedInputSchema = v.object({
  settings: loopSettingsSchema,
  loop: v.optional(loopSchema),
  scalers: v.array(v.unknown()),
  memory: memorySchema,
  observation: observationSchema,
});

/** The state after Fetch metrics. */
export const recordedFetchSchema = v.object({ observation: observationSchema });

/** The state after Apply scaling: what came of each change. */
export const recordedApplySchema = v.object({
  carry: v.object({
    applied: recordSchema(
      v.union([
        v.object({ set: v.number() }),
        v.object({ fault: v.object({ error: v.string(), message: v.string() }) }),
      ]),
    ),
  }),
});

export type RecordedDecision = v.InferOutput<typeof recordedDecisionSchema>;
export type RecordedPoll = v.InferOutput<typeof recordedPollSchema>;
