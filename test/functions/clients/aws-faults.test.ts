import { describe, expect, test } from "vitest";
import { CLIENT_LIMITS, toAwsFault } from "../../../functions/clients/aws-faults.ts";

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

describe("the fault of an AWS error", () => {
  const nameOf = (name: string) =>
    toAwsFault("AutoScaling", Object.assign(new Error("no"), { name })).name;

  // The names that the APIs of Auto Scaling, CloudWatch, SSM and STS have for it.
  test.each([
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
  ])("%s is throttling", (name) => expect(nameOf(name)).toBe("AutoScalingThrottled"));

  test.each([
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "AuthFailure",
    "OptInRequired",
    "CredentialsProviderError",
  ])("%s is a lack of permission", (name) => expect(nameOf(name)).toBe("AutoScalingAccessDenied"));

  test.each(["InternalFailure", "TimeoutError", ""])("%j may pass by itself", (name) => {
    expect(nameOf(name)).toBe("AutoScalingUnavailable");
  });

  test("quotes the error's name and message, and a thrown text", () => {
    const error = Object.assign(new Error("slow down"), { name: "Throttling" });
    expect(toAwsFault("CloudWatch", error).message).toBe("Throttling: slow down");
    expect(toAwsFault("CloudWatch", "broken")).toMatchObject({
      name: "CloudWatchUnavailable",
      message: ": broken",
    });
  });
});
