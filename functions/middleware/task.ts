import middy from "@middy/core";
import type { Context } from "aws-lambda";
import type { GenericSchema, InferOutput } from "valibot";
import { findLog, type Log, logOutcome } from "./logging.ts";
import { validateEvent } from "./validate-event.ts";

/** What a Task's function receives in addition to its event. `Clients` has the functions that call services. */
export interface Tools<Clients = unknown> {
  clients: Clients;
  /** Aborts shortly before the Lambda's time is up: pass it to fetch and to the SDK. */
  signal: AbortSignal;
  log: Log;
  /** The clock, in epoch milliseconds. */
  now: () => number;
}

/** Calls are aborted this long before the Lambda's end, so that the function can still return what it learned. */
const CALLS_END_EARLY_MILLISECONDS = 1500;

/** The function fails under its own error name this long before Lambda would end it. */
const TIMEOUT_EARLY_MILLISECONDS = 500;

/**
 * The middy stack of every Task's Lambda. It checks the event against the schema, logs an error with
 * the execution's name, and rethrows it under its own name, so that the definition's Retry and Catch
 * can match it.
 */
export function task<const Schema extends GenericSchema, Result, Clients>(
  schema: Schema,
  run: (event: InferOutput<Schema>, tools: Tools<Clients>) => Promise<Result>,
  clients: Clients,
) {
  return middy({
    timeoutEarlyInMillis: TIMEOUT_EARLY_MILLISECONDS,
    timeoutEarlyResponse: throwOutOfTime,
  })
    .use(logOutcome)
    .use(validateEvent(schema))
    .handler(async (event: InferOutput<Schema>, context: Context): Promise<Result> => {
      const deadline = startDeadline(context);
      const tools = { clients, signal: deadline.signal, log: findLog(context), now: Date.now };
      return await run(event, tools).finally(deadline.clear);
    });
}

function startDeadline({ getRemainingTimeInMillis }: Partial<Context>) {
  const controller = new AbortController();
  const leftMs = getRemainingTimeInMillis?.();
  const timer =
    leftMs === undefined
      ? undefined
      : setTimeout(() => controller.abort(), Math.max(0, leftMs - CALLS_END_EARLY_MILLISECONDS));
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

function throwOutOfTime(): never {
  throw new TaskOutOfTime("the Lambda's time limit was reached before the work was done");
}

/** The Lambda's time limit is about to end the function. */
export class TaskOutOfTime extends Error {
  override readonly name = "TaskOutOfTime";
}
