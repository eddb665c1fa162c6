import * as v from "valibot";
import { isOffBeat, type Loop, loopSchema, nextBeatMs } from "./core/beat.ts";
import { explainLongInterval, nameEventQueue } from "./core/events.ts";
import { type ExecutionInput, parseExecutionInput } from "./core/execution-input.ts";
import { formatInstant, parseInstantMs } from "./core/instant.ts";
import { type LoopSettings, loopSettingsSchema } from "./core/loop-settings.ts";
import { InvalidInput } from "./core/problems.ts";
import { computePhaseSeconds, computeSlot } from "./core/slot.ts";
import { type Tools, task } from "./middleware/task.ts";

const eventSchema = v.object({
  input: v.unknown(),
  state: v.object({ settings: loopSettingsSchema, loop: v.optional(loopSchema) }),
});

/** This execution's slot has ended, so another execution polls now. */
export class SlotOver extends Error {
  override readonly name = "SlotOver";
}

/**
 * Checks the whole input and returns when this execution may poll first and until when. If the loop
 * has polled already, it returns the loop's next beat: the definition comes back here after a poll
 * that failed.
 * @throws InvalidInput, InvalidScaler, SlotOver
 */
async function claimSlot({ input, state }: v.InferOutput<typeof eventSchema>, { now }: Tools) {
  const parsed = parseExecutionInput(input);
  refuseForeignQueue(parsed);
  refuseLongInterval(parsed, state.settings);
  return state.loop === undefined
    ? claimFirstBeat(parsed, state.settings, now())
    : claimNextBeat(state.loop, state.settings, now());
}

/**
 * The queue is in the execution's input, and whoever may start executions could name that of another loop,
 * which would then hear nothing. So the deployed function knows how the queues of its stack are named.
 * Without a deployment (`run`), the input is the user's own.
 */
function refuseForeignQueue({ name, events }: ExecutionInput): void {
  const prefix = process.env.EVENT_QUEUE_PREFIX;
  if (events === undefined || prefix === undefined) return;
  const own = nameEventQueue(prefix, name);
  if (events.queueUrl.endsWith(`/${own}`)) return;
  const what = `"${events.queueUrl}" is not allowed; allowed: the loop's own queue ${own}`;
  throw new InvalidInput([{ where: "input: events.queueUrl", what }]);
}

function refuseLongInterval({ events }: ExecutionInput, settings: LoopSettings): void {
  const problem = events === undefined ? undefined : explainLongInterval(settings);
  if (problem !== undefined) throw new InvalidInput([problem]);
}

/** How long a slot of 0 seconds lasts: one poll, however long its calls take. */
const SINGLE_POLL_SECONDS = 60;

/** Returns the slot of an execution that starts at `nowMs`. @throws SlotOver */
export function claimFirstBeat(input: ExecutionInput, settings: LoopSettings, nowMs: number): Loop {
  const { scheduledAt, slotSeconds, publishMetrics, allQueueMetrics, events } = input;
  const slot = computeSlot({
    nowMs,
    scheduledMs: scheduledAt === undefined ? undefined : parseInstantMs(scheduledAt),
    slotSeconds,
    intervalSeconds: settings.pollIntervalSeconds,
    phaseSeconds: computePhaseSeconds(input.name, input.startupJitter),
  });
  if (slot === undefined)
    throw new SlotOver(
      `the slot of the loop scheduled for ${scheduledAt} has ended or has no beat`,
    );
  const isOnce = slot.endMs === slot.firstBeatMs;
  return {
    nextPollAt: formatInstant(slot.firstBeatMs),
    pollUntil: formatInstant(isOnce ? slot.endMs + SINGLE_POLL_SECONDS * 1000 : slot.endMs),
    ...(isOnce ? { once: true } : {}),
    // Left out if false: they are logged with each step.
    ...(publishMetrics ? { publishMetrics } : {}),
    ...(publishMetrics && allQueueMetrics ? { allQueueMetrics } : {}),
    ...(events === undefined ? {} : { events: {} }),
  };
}

function claimNextBeat(loop: Loop, settings: LoopSettings, nowMs: number): Loop {
  const nextMs = nextBeatMs({
    beatMs: parseInstantMs(loop.nextPollAt),
    observedMs: nowMs,
    intervalSeconds: settings.pollIntervalSeconds,
    isOffBeat: isOffBeat(loop),
  });
  if (loop.once || nextMs >= parseInstantMs(loop.pollUntil))
    throw new SlotOver(`the slot ended at ${loop.pollUntil}`);
  return {
    ...loop,
    nextPollAt: formatInstant(nextMs),
    ...(loop.events === undefined ? {} : { events: {} }),
  };
}

export const handler = task(eventSchema, claimSlot, {});
