import * as v from "valibot";
import { loopSchema, memorySchema, observationSchema } from "./core/contract.ts";
import { isTaskFailure } from "./core/decide.ts";
import type { Verdict } from "./core/decision.ts";
import { parseInstantMs } from "./core/instant.ts";
import { loopSettingsSchema } from "./core/loop-settings.ts";
import { decidePoll, type Poll } from "./core/poll.ts";
import { parseScalers } from "./core/scaler.ts";
import { writeMetric } from "./middleware/embedded-metric.ts";
import { type Tools, task } from "./middleware/task.ts";

const event = v.object({
  // The loop's name. Everywhere else `cluster` is a Buildkite cluster; this key stays until 1.0,
  // because recorded decisions are replayed through this event.
  cluster: v.optional(v.string(), ""),
  settings: loopSettingsSchema,
  loop: v.optional(loopSchema),
  scalers: v.array(v.unknown(), "a list of scalers"),
  memory: memorySchema,
  observation: observationSchema,
});

/** Facts in, decisions out. Reads and writes nothing: its role may only log. */
async function computeCapacity(facts: v.InferOutput<typeof event>, { now }: Tools): Promise<Poll> {
  const scalers = parseScalers(facts.scalers);
  const observedAt = isTaskFailure(facts.observation)
    ? new Date(now()).toISOString()
    : facts.observation.observedAt;
  const { poll, verdicts } = decidePoll({ ...facts, scalers, observedAt });
  report(verdicts, facts.cluster, parseInstantMs(observedAt));
  return poll;
}

/** What an alarm has to hear of; a poll on which all is well writes nothing. */
function report(verdicts: readonly Verdict[], cluster: string, atMs: number): void {
  const held = verdicts.filter(({ decision }) => decision.fault !== undefined);
  const beyond = verdicts.filter(({ overMax }) => overMax);
  const decisions = held.map(({ decision }) => decision);
  if (held.length > 0) writeMetric("HeldPolls", 1, cluster, atMs, { held: decisions });
  const scalers = beyond.map(({ scaler }) => scaler.name);
  if (beyond.length > 0) writeMetric("BeyondMaximum", beyond.length, cluster, atMs, { scalers });
}

export const handler = task(event, computeCapacity);
