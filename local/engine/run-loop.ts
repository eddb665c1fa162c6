import { setTimeout as sleep } from "node:timers/promises";
import { type Definition, readDefinition } from "../../config/definition.ts";
import type { LoopSettings } from "../../functions/core/loop-settings.ts";
import { SLOT_SECONDS } from "../../functions/core/slot.ts";
import type { HistoryEvent } from "./history.ts";
import type { Handler } from "./invoke-lambda.ts";
import { type Outcome, runExecution } from "./run-execution.ts";

/** A loop that is run here, execution after execution, as the schedule would start them. */
export interface LoopOptions {
  /** Begins its executions' names, to tell loops that run side by side apart. */
  name?: string;
  /** An execution's input. */
  input: Record<string, unknown>;
  handlers: Readonly<Record<string, Handler>>;
  /** Absent: until aborted. 0: exactly one poll. */
  seconds?: number | undefined;
  /** In place of the definition's own. */
  pollIntervalSeconds?: number | undefined;
  onEvent: (event: HistoryEvent) => void;
  signal: AbortSignal;
}

/**
 * Runs executions one after another, each for a slot, so that the beat goes on from one to the next.
 * Gives the last one's outcome; one that fails is the last.
 */
export async function runLoop(options: LoopOptions): Promise<Outcome> {
  const { seconds = Number.POSITIVE_INFINITY, signal } = options;
  const startedMs = Math.floor(Date.now() / 1000) * 1000;
  const endsMs = startedMs + seconds * 1000;
  for (let slotMs = startedMs; ; slotMs += SLOT_SECONDS * 1000) {
    const slotSeconds = Math.min(SLOT_SECONDS, (endsMs - slotMs) / 1000);
    const outcome = await runSlot(options, slotSeconds);
    const nextMs = slotMs + SLOT_SECONDS * 1000;
    if (outcome.status !== "SUCCEEDED" || nextMs >= endsMs) return outcome;
    await until(nextMs, signal);
    if (signal.aborted) return outcome;
  }
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

async function until(ms: number, signal: AbortSignal): Promise<void> {
  const leftMs = Math.max(0, ms - Date.now());
  await sleep(leftMs, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** The definition with another poll interval in its Settings. */
export function withPollInterval(definition: Definition, seconds: number | undefined): Definition {
  return seconds === undefined
    ? definition
    : withSetting(definition, "pollIntervalSeconds", seconds);
}

/** The definition with another number for one of its Settings. */
export function withSetting(
  definition: Definition,
  name: keyof LoopSettings,
  seconds: number,
): Definition {
  return JSON.parse(JSON.stringify(definition), (key, value: unknown) =>
    key === name && typeof value === "number" ? seconds : value,
  );
}
