import middy from "@middy/core";
import type { Context } from "aws-lambda";
import type { GenericSchema, InferOutput } from "valibot";
import type { Log } from "./logging.ts";
import { validateEvent } from "./validate-event.ts";
import { createLogFor, logOutcome } from "./witnessed.ts";

/** What every handler is given besides its event. */
export interface Tools {
  /** Aborts shortly before the Lambda's time is up: pass it to fetch and to the SDK. */
  signal: AbortSignal;
  log: Log;
  /** The clock, in epoch milliseconds. */
  now: () => number;
}

/** Calls are given up so long before the Lambda's end: enough to still say what was learned. */
const CALLS_END_EARLY_MILLISECONDS = 1500;

/** Enough to fail under a name of one's own instead of being cut off. */
const TIMEOUT_EARLY_MILLISECONDS = 500;

/**
 * The one middy stack that every Task's Lambda wears: the event is checked against its schema, an
 * error is logged with the execution's name and let out under its own name, for the definition's
 * Retry and Catch to pick.
 */
export function task<const Schema extends GenericSchema, Result>(
  schema: Schema,
  run: (event: InferOutput<Schema>, tools: Tools) => Promise<Result>,
) {
  return middy({
    timeoutEarlyInMillis: TIMEOUT_EARLY_MILLISECONDS,
    timeoutEarlyResponse: outOfTime,
  })
    .use(logOutcome)
    .use(validateEvent(schema))
    .handler(async (event: InferOutput<Schema>, context: Context): Promise<Result> => {
      const ending = beforeTheEnd(context);
      const tools = { signal: ending.signal, log: createLogFor(context), now: Date.now };
      return await run(event, tools).finally(ending.clear);
    });
}

function beforeTheEnd({ getRemainingTimeInMillis }: Partial<Context>) {
  const controller = new AbortController();
  const leftMs = getRemainingTimeInMillis?.();
  const timer =
    leftMs === undefined
      ? undefined
      : setTimeout(() => controller.abort(), Math.max(0, leftMs - CALLS_END_EARLY_MILLISECONDS));
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

function outOfTime(): never {
  throw new TaskOutOfTime("the Lambda's time limit was reached before the work was done");
}

/** The Lambda would have been cut off. */
export class TaskOutOfTime extends Error {
  override readonly name = "TaskOutOfTime";
}
