import type { MiddlewareObj } from "@middy/core";
import type { Context } from "aws-lambda";
import { createLog, describeError, type Log } from "./logging.ts";

/** By invocation: the event names the execution only until its schema has been applied. */
const logs = new WeakMap<Context, Log>();

/** Every line of the log names the execution; an error is logged once, on its way out. */
export const logOutcome: MiddlewareObj = {
  before: ({ event, context }) => {
    logs.set(context, createLog({ execution: executionOf(event), request: context.awsRequestId }));
  },
  onError: ({ context, error }) => {
    createLogFor(context).error("failed", describeError(error));
  },
};

/** The log of this invocation. */
export function createLogFor(context: Context): Log {
  return logs.get(context) ?? createLog({ execution: undefined, request: context.awsRequestId });
}

function executionOf(event: unknown): string | undefined {
  if (typeof event !== "object" || event === null) return undefined;
  const name: unknown = Reflect.get(event, "execution");
  return typeof name === "string" ? name : undefined;
}
