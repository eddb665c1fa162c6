import { expect, test } from "vitest";
import { CLIENT_LIMITS } from "../../../functions/clients/aws-faults.ts";

test("a connection that does not come is abandoned before the limit of a call", () => {
  const { connectionTimeout, requestTimeout } = CLIENT_LIMITS.requestHandler;
  expect(connectionTimeout).toBeLessThan(requestTimeout);
});

test("all attempts of a call end within the 15 s of Apply scaling", () => {
  const { maxAttempts, requestHandler } = CLIENT_LIMITS;
  // 2 x (2 s to connect + 5 s to answer) = 14 s
  const longestMs =
    maxAttempts * (requestHandler.connectionTimeout + requestHandler.requestTimeout);
  expect(longestMs).toBeLessThan(15_000);
});
