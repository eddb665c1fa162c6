import type { Logger } from "@aws-lambda-powertools/logger";
import type { MiddlewareObj } from "@middy/core";

/** Every line of the log names the execution; an error is logged once, on its way out. */
export function witnessed(logger: Logger): MiddlewareObj {
  return {
    before: ({ event, context }) => {
      logger.resetKeys();
      logger.appendKeys({ execution: executionOf(event), request: context.awsRequestId });
    },
    onError: ({ error }) => {
      logger.error("failed", error ?? "without an error");
    },
  };
}

function executionOf(event: unknown): string | undefined {
  if (typeof event !== "object" || event === null) return undefined;
  const name: unknown = Reflect.get(event, "execution");
  return typeof name === "string" ? name : undefined;
}
