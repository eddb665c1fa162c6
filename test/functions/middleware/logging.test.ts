import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findLog } from "../../../functions/middleware/logging.ts";
import { createContext } from "../../support/lambda.ts";
import { captureOutput, parseLogLines, restoreOutput } from "../../support/output.ts";

beforeEach(() => {
  vi.stubEnv("LOG_LEVEL", "INFO");
  captureOutput();
});
afterEach(restoreOutput);

test("the log of an invocation that has not started names its request", () => {
  const context = createContext();
  findLog(context).info("early");
  expect(parseLogLines()).toMatchObject([
    { level: "INFO", message: "early", request: context.awsRequestId },
  ]);
});
