import type { Context } from "aws-lambda";

/** Creates the context that Lambda passes to a handler, with ten seconds remaining. */
export function createContext(): Context {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: "test",
    functionVersion: "$LATEST",
    invokedFunctionArn: "arn:aws:lambda:us-east-1:123456789012:function:test",
    memoryLimitInMB: "128",
    awsRequestId: "8f5f8c0e-0000-4000-8000-000000000000",
    logGroupName: "/aws/lambda/test",
    logStreamName: "test",
    getRemainingTimeInMillis: () => 10_000,
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}

/** Returns an event as it arrives at a handler: it was JSON on its way. */
export function passThroughJson(event: unknown) {
  return JSON.parse(JSON.stringify(event));
}
