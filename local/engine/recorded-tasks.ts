import * as v from "valibot";
import { loop, memory, observation } from "../../functions/core/contract.ts";
import { loopSettings } from "../../functions/core/loop-settings.ts";
import { byName } from "../../functions/core/schema-helpers.ts";

/** What an execution's history records, read back: the shapes in which Tasks were called and answered. */

const capacity = v.nullable(v.number());

/** One decision as it was recorded. */
export const recordedDecision = v.object({
  scaler: v.string(),
  action: v.picklist(["none", "scale-out", "scale-in"]),
  from: capacity,
  to: capacity,
  reasons: v.array(v.string()),
  fault: v.exactOptional(v.string()),
});

/** What Compute capacity answered. */
export const recordedPoll = v.object({
  decisions: v.array(recordedDecision),
  nextPollAt: v.string(),
  lastPoll: v.optional(v.boolean(), false),
});

/** What Compute capacity was asked. */
export const recordedQuestion = v.object({
  settings: loopSettings,
  loop: v.optional(loop),
  scalers: v.array(v.unknown()),
  memory,
  observation,
});

/** The state after Fetch metrics. */
export const recordedFetch = v.object({ observation });

/** The state after Apply scaling: what came of each change. */
export const recordedApply = v.object({
  carry: v.object({
    applied: byName(
      v.union([
        v.object({ set: v.number() }),
        v.object({ fault: v.object({ error: v.string(), message: v.string() }) }),
      ]),
    ),
  }),
});

export type RecordedDecision = v.InferOutput<typeof recordedDecision>;
export type RecordedPoll = v.InferOutput<typeof recordedPoll>;
