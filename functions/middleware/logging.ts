import type { MiddlewareObj } from "@middy/core";
import type { Context } from "aws-lambda";
import { PRODUCT } from "../core/version.ts";

/** Writes log lines about one invocation: one JSON object per line, for CloudWatch Logs Insights. */
export interface Log {
  info(message: string, details?: object): void;
  warn(message: string, details?: object): void;
  error(message: string, details?: object): void;
}

/** The log of each invocation. The event names the execution only until the schema is applied to it. */
const logs = new WeakMap<Context, Log>();

/** Starts a log whose lines name the execution, and logs an error once before Lambda reports it. */
export const logOutcome: MiddlewareObj = {
  before: ({ event, context }) => {
    logs.set(
      context,
      createLog({ execution: readExecutionName(event), request: context.awsRequestId }),
    );
  },
  onError: ({ context, error }) => {
    findLog(context).error("failed", describeError(error));
  },
};

/** Returns the log of an invocation. */
export function findLog(context: Context): Log {
  return logs.get(context) ?? createLog({ execution: undefined, request: context.awsRequestId });
}

/** Creates a log that adds `about` to each line. It is silent if the environment sets LOG_LEVEL=SILENT. */
function createLog(about: { execution: string | undefined; request: string }): Log {
  const writeAt =
    (level: string) =>
    (message: string, details: object = {}) => {
      if (process.env.LOG_LEVEL === "SILENT") return;
      const timestamp = new Date().toISOString();
      const line = { level, message, timestamp, service: PRODUCT, ...about, ...details };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    };
  return { info: writeAt("INFO"), warn: writeAt("WARN"), error: writeAt("ERROR") };
}

/** Describes an error as plain data: `JSON.stringify` leaves an Error empty. */
function describeError(error: unknown): { error: object } {
  if (!(error instanceof Error)) return { error: { name: typeof error, message: String(error) } };
  const { name, message, stack, cause } = error;
  return {
    error: { name, message, stack, ...(cause === undefined ? {} : { cause: String(cause) }) },
  };
}

function readExecutionName(event: unknown): string | undefined {
  if (typeof event !== "object" || event === null) return undefined;
  const name: unknown = Reflect.get(event, "execution");
  return typeof name === "string" ? name : undefined;
}
