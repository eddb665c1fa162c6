import { randomUUID } from "node:crypto";
import type { Context } from "aws-lambda";
import { type Json, toJson } from "./json.ts";

/** The function of a Task, as Lambda calls it. */
export type Handler = {
  // A method's parameters are bivariant: each handler knows its own event.
  call(event: unknown, context: Context): unknown;
}["call"];

/**
 * The time limit of each Task's Lambda function, in seconds, by the name of its state. It is 2 s
 * below the Task's TimeoutSeconds, so that the function's error names the cause.
 */
export const LAMBDA_LIMIT_SECONDS: Readonly<Record<string, number>> = {
  "Claim slot": 4,
  "Fetch metrics": 13,
  "Compute capacity": 4,
  "Apply scaling": 13,
  "Publish metrics": 5,
};

/** The largest input and output of a Task, in bytes. */
export const PAYLOAD_BYTES = 256 * 1024;

/** A failed Task as Step Functions reports it: the name is its Error, the message its Cause. */
export class TaskError extends Error {
  // The engine reads both before it looks for a Retry or a Catch.
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;

  constructor(name: string, cause: string, isFinal = false) {
    super(cause);
    this.name = name;
    this.isRetryable = !isFinal;
    this.isCatchable = !isFinal;
  }
}

/** One invocation of a function. */
export interface Invocation {
  handler: Handler;
  event: Json;
  functionName: string;
  /** The function's own time limit. */
  limitSeconds: number;
}

/**
 * Calls a handler as Lambda does: event and result pass through JSON, the time is limited, and an
 * error becomes Lambda's error document.
 * @throws TaskError if the handler throws, takes too long or returns too much
 */
export async function invokeLambda({ handler, event, functionName, limitSeconds }: Invocation) {
  const limitMs = limitSeconds * 1000;
  const context = createContext(functionName, Date.now() + limitMs);
  const createTimeout = () => timeoutError(context.awsRequestId, limitSeconds);
  const result = await runWithin(limitMs, createTimeout, () =>
    callHandler(handler, event, context),
  );
  return limitPayload(result, functionName);
}

/**
 * Runs work, and stops waiting for it after a time limit. Lambda ends such work; here it continues, and
 * its result is ignored.
 * @throws TaskError the one that `createError` returns, if the limit is exceeded
 */
export async function runWithin<T>(
  limitMs: number,
  createError: () => TaskError,
  work: () => Promise<T>,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(createError()), limitMs);
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function callHandler(handler: Handler, event: Json, context: Context): Promise<Json> {
  try {
    return toJson(await handler(toJson(event), context));
  } catch (error) {
    throw toTaskError(error);
  }
}

/** The Cause is the JSON document that Lambda's Node runtime returns for an error. */
function toTaskError(thrown: unknown): TaskError {
  const { name, message, stack } =
    thrown instanceof Error
      ? thrown
      : { name: typeof thrown, message: String(thrown), stack: undefined };
  const trace = stack?.split("\n") ?? [];
  return new TaskError(name, JSON.stringify({ errorType: name, errorMessage: message, trace }));
}

function timeoutError(requestId: string, limitSeconds: number): TaskError {
  const errorType = "Sandbox.Timedout";
  const seconds = limitSeconds.toFixed(2);
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`;
  return new TaskError(errorType, JSON.stringify({ errorType, errorMessage }));
}

/** A payload that is too large ends the execution; no Catch applies. */
function limitPayload(result: Json, functionName: string): Json {
  const bytes = Buffer.byteLength(JSON.stringify(result));
  if (bytes <= PAYLOAD_BYTES) return result;
  const cause = `${functionName} returned ${bytes} bytes; the limit is ${PAYLOAD_BYTES}`;
  throw new TaskError("States.DataLimitExceeded", cause, true);
}

function createContext(functionName: string, deadlineMs: number): Context {
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
    done: throwNotSupported,
    fail: throwNotSupported,
    succeed: throwNotSupported,
  };
}

function throwNotSupported(): never {
  throw new TypeError("not supported: a handler returns its result or throws");
}
