import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { type Definition, readDefinition } from "../../config/definition.ts";
import { instantSchema, parseInstantMs } from "../../functions/core/instant.ts";
import type { LoopSettings } from "../../functions/core/loop-settings.ts";
import { SLOT_SECONDS } from "../../functions/core/slot.ts";
import type { HistoryEvent } from "./history.ts";
import type { Handler } from "./invoke-lambda.ts";
import { type Outcome, runExecution } from "./run-execution.ts";

/** Options of a loop that runs on this machine, execution after execution. */
export interface LoopOptions {
  /** Prefix of the executions' names: it distinguishes loops that run at the same time. */
  name?: string;
  /** The input of every execution. */
  input: Record<string, unknown>;
  handlers: Readonly<Record<string, Handler>>;
  /** How long the loop runs. Absent: until it is aborted. 0: exactly one poll. */
  seconds?: number | undefined;
  /** Replaces the interval of the definition. */
  pollIntervalSeconds?: number | undefined;
  onEvent: (event: HistoryEvent) => void;
  signal: AbortSignal;
}

/**
 * Runs executions one after another, each for one slot, as the schedule would start them. The beat
 * continues from one to the next. Stops after an execution that fails.
 * @returns the outcome of the last execution
 */
export async function runLoop(options: LoopOptions): Promise<Outcome> {
  const { seconds = Number.POSITIVE_INFINITY, signal } = options;
  const startedMs = Math.floor(Date.now() / 1000) * 1000;
  const endsMs = startedMs + seconds * 1000;
  for (let slotMs = startedMs; ; ) {
    const slotSeconds = Math.min(SLOT_SECONDS, (endsMs - slotMs) / 1000);
    const outcome = await runSlot(options, slotSeconds);
    slotMs = readNextBeatMs(outcome) ?? slotMs + SLOT_SECONDS * 1000;
    if (outcome.status !== "SUCCEEDED" || slotMs >= endsMs) return outcome;
    await waitUntil(slotMs, signal);
    if (signal.aborted) return outcome;
  }
}

const lastPollSchema = v.object({
  carry: v.object({ loop: v.object({ nextPollAt: instantSchema }) }),
});

/** The beat after the last poll. An execution begins at its first poll's second, which is up to one after its start. */
function readNextBeatMs({ output }: Outcome): number | undefined {
  const last = v.safeParse(lastPollSchema, output);
  return last.success ? parseInstantMs(last.output.carry.loop.nextPollAt) : undefined;
}

function runSlot(options: LoopOptions, slotSeconds: number): Promise<Outcome> {
  const { name, input, handlers, onEvent, signal, pollIntervalSeconds } = options;
  const startedAt = new Date().toISOString().replaceAll(/\D/g, "").slice(0, 14);
  return runExecution({
    definition: readDefinition(),
    edit: (definition) => withPollInterval(definition, pollIntervalSeconds),
    input: { ...input, slotSeconds },
    handlers,
    name: name === undefined ? startedAt : `${name}-${startedAt}`,
    onEvent,
    signal,
  }).outcome;
}

/** Node's timers may fire a millisecond early, which would be the second before. */
async function waitUntil(ms: number, signal: AbortSignal): Promise<void> {
  while (Date.now() < ms && !signal.aborted) {
    await sleep(ms - Date.now(), undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

/** Returns the definition with another poll interval in its Settings. */
export function withPollInterval(definition: Definition, seconds: number | undefined): Definition {
  return seconds === undefined
    ? definition
    : withSetting(definition, "pollIntervalSeconds", seconds);
}

/** Returns the definition with another value for one of its Settings. */
export function withSetting(
  definition: Definition,
  name: keyof LoopSettings,
  seconds: number,
): Definition {
  return JSON.parse(JSON.stringify(definition), (key, value: unknown) =>
    key === name && typeof value === "number" ? seconds : value,
  );
}
