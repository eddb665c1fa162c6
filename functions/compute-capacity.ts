import * as v from "valibot";
import { loop, memory, observation } from "./core/contract.ts";
import { isTaskFailure } from "./core/decide.ts";
import { type Poll, pollOf } from "./core/poll.ts";
import { parseScalers } from "./core/scaler.ts";
import { loopSettings } from "./core/settings.ts";
import { type Tools, task } from "./shell/task.ts";

const event = v.object({
  settings: loopSettings,
  loop: v.optional(loop),
  scalers: v.array(v.unknown(), "a list of scalers"),
  memory,
  observation,
});

/** Facts in, decisions out. Reads and writes nothing: its role may only log. */
async function computeCapacity(facts: v.InferOutput<typeof event>, { now }: Tools): Promise<Poll> {
  const scalers = parseScalers(facts.scalers);
  const observedAt = isTaskFailure(facts.observation)
    ? new Date(now()).toISOString()
    : facts.observation.observedAt;
  return pollOf({ ...facts, scalers, observedAt }).poll;
}

export const handler = task(event, computeCapacity);
