import * as v from "valibot";
import { settingsSchema, wholeNumberSchema } from "./schema-helpers.ts";

/** The settings in the definition's first state, Settings. */
export const loopSettingsSchema = settingsSchema({
  /** From the start of one poll to the start of the next; Buildkite's header may ask for more. */
  pollIntervalSeconds: wholeNumberSchema(1),
  /** How often metrics go to CloudWatch. */
  publishIntervalSeconds: wholeNumberSchema(1),
  /** From the start of one poll to the start of one that an event causes. Without events it is not used. */
  leastGapSeconds: v.optional(wholeNumberSchema(1)),
});

/** {@link loopSettingsSchema} */
export type LoopSettings = v.InferOutput<typeof loopSettingsSchema>;
