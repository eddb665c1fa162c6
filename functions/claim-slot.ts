import * as v from "valibot";
import { type Loop, nextBeatMs } from "./core/beat.ts";
import { loopSchema } from "./core/contract.ts";
import { type ExecutionInput, parseExecutionInput } from "./core/execution-input.ts";
import { formatInstant, parseInstantMs } from "./core/instant.ts";
import { type LoopSettings, loopSettingsSchema } from "./core/loop-settings.ts";
import { computePhaseSeconds, computeSlot } from "./core/slot.ts";
import { type Tools, task } from "./middleware/task.ts";

const event = v.object({
  input: v.unknown(),
  state: v.object({ settings: loopSettingsSchema, loop: v.optional(loopSchema) }),
});

/** This execution's slot has ended: another one owns the clock. */
export class SlotOver extends Error {
  override readonly name = "SlotOver";
}

/**
 * Checks the whole input, and says when this execution may poll and until when. Asked again within
 * a loop, after a poll that came to nothing, it gives the loop's next beat.
 * @throws InvalidInput, InvalidScaler, SlotOver
 */
async function claimSlot({ input, state }: v.InferOutput<typeof event>, { now }: Tools) {
  const parsed = parseExecutionInput(input);
  return state.loop === undefined
    ? opened(parsed, state.settings, now())
    : reopened(state.loop, state.settings, now());
}

function opened(input: ExecutionInput, settings: LoopSettings, nowMs: number): Loop {
  const { scheduledAt, slotSeconds, publishMetrics } = input;
  const slot = computeSlot({
    nowMs,
    scheduledMs: scheduledAt === undefined ? undefined : parseInstantMs(scheduledAt),
    slotSeconds,
    intervalSeconds: settings.pollIntervalSeconds,
    phaseSeconds: computePhaseSeconds(input.name, input.startupJitter),
  });
  if (slot === undefined)
    throw new SlotOver(`the slot of ${scheduledAt} is over, or holds no beat`);
  return {
    nextPollAt: formatInstant(slot.firstBeatMs),
    pollUntil: formatInstant(slot.endMs),
    ...(publishMetrics ? { publishMetrics } : {}), // It is logged with every step.
  };
}

function reopened(loop: Loop, settings: LoopSettings, nowMs: number): Loop {
  const nextMs = nextBeatMs({
    beatMs: parseInstantMs(loop.nextPollAt),
    observedMs: nowMs,
    intervalSeconds: settings.pollIntervalSeconds,
  });
  if (nextMs >= parseInstantMs(loop.pollUntil))
    throw new SlotOver(`polled until ${loop.pollUntil}`);
  return { ...loop, nextPollAt: formatInstant(nextMs) };
}

export const handler = task(event, claimSlot);
