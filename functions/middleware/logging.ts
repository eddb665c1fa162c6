import { PRODUCT } from "../core/version.ts";

/** Writes lines about one invocation: JSON, one object a line, for CloudWatch Logs Insights. */
export interface Log {
  info(message: string, details?: object): void;
  warn(message: string, details?: object): void;
  error(message: string, details?: object): void;
}

/** A log whose lines all say whose they are. Silent where the environment sets LOG_LEVEL=SILENT. */
export function createLog(about: { execution: string | undefined; request: string }): Log {
  const at =
    (level: string) =>
    (message: string, details: object = {}) => {
      if (process.env.LOG_LEVEL === "SILENT") return;
      const timestamp = new Date().toISOString();
      const line = { level, message, timestamp, service: PRODUCT, ...about, ...details };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    };
  return { info: at("INFO"), warn: at("WARN"), error: at("ERROR") };
}

/** An error as a line holds it: JSON would leave an Error empty. */
export function describeError(error: unknown): { error: object } {
  if (!(error instanceof Error)) return { error: { name: typeof error, message: String(error) } };
  const { name, message, stack, cause } = error;
  return {
    error: { name, message, stack, ...(cause === undefined ? {} : { cause: String(cause) }) },
  };
}
