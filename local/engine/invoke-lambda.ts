import { randomUUID } from "node:crypto";
import type { Context } from "aws-lambda";
import { type Json, toJson } from "./json.ts";

/** A Task's function, as Lambda calls it. */
export type Handler = {
  // A method's parameters are bivariant: each handler knows its own event.
  call(event: unknown, context: Context): unknown;
}["call"];

/**
 * The time limit of each Task's Lambda function, in seconds, by state: a little less than the
 * Task's TimeoutSeconds, so that the function and not the state machine says what took so long.
 */
export const LAMBDA_LIMIT_SECONDS: Readonly<Record<string, number>> = {
  "Claim slot": 5,
  "Recall history": 15,
  "Fetch metrics": 14,
  "Compute capacity": 5,
  "Apply scaling": 14,
  "Publish metrics": 8,
};

/** Largest input and output of a Task, in bytes. */
export const PAYLOAD_BYTES = 256 * 1024;

/** A Task's failure as Step Functions sees it: `name` is its Error, the message its Cause. */
export class TaskError extends Error {
  // The engine asks both before it looks for a Retry or a Catch.
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;

  constructor(name: string, cause: string, final = false) {
    super(cause);
    this.name = name;
    this.isRetryable = !final;
    this.isCatchable = !final;
  }
}

/** One call of a function. */
export interface Invocation {
  handler: Handler;
  event: Json;
  functionName: string;
  /** The function's own time limit. */
  limitSeconds: number;
}

/**
 * Calls a handler as Lambda would: its event and its result pass through JSON, its time is limited,
 * and whatever it throws comes out as Lambda's error document.
 * @throws TaskError
 */
export async function invokeLambda({ handler, event, functionName, limitSeconds }: Invocation) {
  const limitMs = limitSeconds * 1000;
  const context = contextOf(functionName, Date.now() + limitMs);
  const cutOff = () => timedOut(context.awsRequestId, limitSeconds);
  const result = await runWithin(limitMs, cutOff, () => answer(handler, event, context));
  return withinPayload(result, functionName);
}

/** Runs work, or stops waiting for it: on Lambda it would be ended, here it can only be left alone. */
export async function runWithin<T>(
  limitMs: number,
  tooLate: () => TaskError,
  work: () => Promise<T>,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooLate()), limitMs);
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function answer(handler: Handler, event: Json, context: Context): Promise<Json> {
  try {
    return toJson(await handler(toJson(event), context));
  } catch (error) {
    throw taskErrorOf(error);
  }
}

/** The document of Lambda's Node runtime: it is the Cause, as a text. */
function taskErrorOf(thrown: unknown): TaskError {
  const { name, message, stack } =
    thrown instanceof Error
      ? thrown
      : { name: typeof thrown, message: String(thrown), stack: undefined };
  const trace = stack?.split("\n") ?? [];
  return new TaskError(name, JSON.stringify({ errorType: name, errorMessage: message, trace }));
}

function timedOut(requestId: string, limitSeconds: number): TaskError {
  const errorType = "Sandbox.Timedout";
  const seconds = limitSeconds.toFixed(2);
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`;
  return new TaskError(errorType, JSON.stringify({ errorType, errorMessage }));
}

/** Step Functions ends an execution over a payload that is too large; no Catch is asked. */
function withinPayload(result: Json, functionName: string): Json {
  const bytes = Buffer.byteLength(JSON.stringify(result));
  if (bytes <= PAYLOAD_BYTES) return result;
  const cause = `${functionName} returned ${bytes} bytes; at most ${PAYLOAD_BYTES} are allowed`;
  throw new TaskError("States.DataLimitExceeded", cause, true);
}

function contextOf(functionName: string, deadlineMs: number): Context {
  return {
    functionName,
    awsRequestId: randomUUID(),
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${functionName}`,
    memoryLimitInMB: "128",
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: "local",
    callbackWaitsForEmptyEventLoop: true,
    done: notSupported,
    fail: notSupported,
    succeed: notSupported,
  };
}

function notSupported(): never {
  throw new TypeError("a handler answers by what it returns or throws");
}
