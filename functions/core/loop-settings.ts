import { settingsSchema, wholeNumberSchema } from "./schema-helpers.ts";

/** What stands in the definition's first state, Settings. */
export interface LoopSettings {
  /** From the start of one poll to the start of the next; Buildkite's header may ask for more. */
  pollIntervalSeconds: number;
  /** How often metrics go to CloudWatch. */
  publishIntervalSeconds: number;
}

/** Checks {@link LoopSettings} as a Task receives them. */
export const loopSettingsSchema = settingsSchema({
  pollIntervalSeconds: wholeNumberSchema(1),
  publishIntervalSeconds: wholeNumberSchema(1),
});
