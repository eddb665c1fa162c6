import * as v from "valibot";
import { loopSchema } from "../../functions/core/beat.ts";
import { observationSchema } from "../../functions/core/facts.ts";
import { loopSettingsSchema } from "../../functions/core/loop-settings.ts";
import { memorySchema } from "../../functions/core/memory.ts";
import { recordSchema } from "../../functions/core/schema-helpers.ts";

/** Schemas of the Tasks' inputs and outputs in the history of an execution. */

const capacitySchema = v.nullable(v.number());

/** One recorded decision. */
export const recordedDecisionSchema = v.object({
  scaler: v.string(),
  action: v.picklist(["none", "scale-out", "scale-in"]),
  from: capacitySchema,
  to: capacitySchema,
  reasons: v.array(v.string()),
  fault: v.exactOptional(v.string()),
});

/** The decisions in an answer of Compute capacity. */
export const recordedDecisionsSchema = v.object({ decisions: v.array(recordedDecisionSchema) });

const recordedNextSchema = v.object({
  nextPollAt: v.string(),
  lastPoll: v.optional(v.boolean(), false),
  carry: v.exactOptional(v.object({ memory: memorySchema })),
  /** Of all commands, only which instances are told to stop. */
  plan: v.exactOptional(
    v.object({
      stops: v.exactOptional(
        v.array(v.object({ scaler: v.string(), instances: v.array(v.string()) })),
      ),
    }),
  ),
});

/** The answer of Compute capacity. The state after it is `next` alone. */
export const recordedPollSchema = v.object({
  ...recordedDecisionsSchema.entries,
  next: recordedNextSchema,
});

/** The input of Compute capacity. */
export const recordedInputSchema = v.object({
  settings: loopSettingsSchema,
  loop: v.optional(loopSchema),
  scalers: v.array(v.unknown()),
  memory: memorySchema,
  observation: observationSchema,
});

/** The state after Fetch metrics. */
export const recordedFetchSchema = v.object({ observation: observationSchema });

/** The state after Apply scaling, with the outcome of each change. */
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

/** {@link recordedDecisionSchema} */
export type RecordedDecision = v.InferOutput<typeof recordedDecisionSchema>;
/** {@link recordedPollSchema} */
export type RecordedPoll = v.InferOutput<typeof recordedPollSchema>;
