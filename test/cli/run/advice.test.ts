import { describe, expect, test } from "vitest";
import { adviseOnFault, createAdviser } from "../../../cli/run/advice.ts";
import type { Observation } from "../../../functions/core/facts.ts";
import { FAULTS, type FaultName } from "../../../functions/core/faults.ts";
import type { RecordedDecision } from "../../../local/engine/recorded-tasks.ts";
import { NOW } from "../../support/facts.ts";

const CONTEXT = { region: "eu-west-1", parameter: "/token" };
/** Faults that end by themselves, so the only advice is to wait for the next poll. */
const ENDS_BY_ITSELF: ReadonlySet<string> = new Set<FaultName>([
  "CapacityOutOfBounds",
  "CapacityRefused",
  "MetricsMissing",
  "PublishingGivenUp",
  "SlotEnded",
  "StaleMetrics",
]);

const RETRY = "Nothing to do unless it lasts: the next poll tries again.";

describe("advice", () => {
  test.each(Object.entries(FAULTS))("on %s begins with the catalogue's sentence", (error, text) => {
    const advice = adviseOnFault({ error, message: "" }, CONTEXT);
    expect(advice.startsWith(`${text} `)).toBe(true);
    expect(advice === `${text} ${RETRY}`).toBe(ENDS_BY_ITSELF.has(error));
  });

  test("on a fault that is not in the catalogue is to wait for the next poll", () => {
    expect(adviseOnFault({ error: "States.Timeout", message: "" }, CONTEXT)).toBe(RETRY);
  });

  test("names the variable if the user passed the token in", () => {
    const fault = { error: "BuildkiteUnauthorized", message: "" };
    expect(adviseOnFault(fault, { region: "eu-west-1" })).toMatch(/into BUILDKITE_AGENT_TOKEN\.$/);
  });

  test("suspects the region if its address does not exist", () => {
    const message = "Error: getaddrinfo ENOTFOUND autoscaling.eu-wset-1.amazonaws.com";
    const fault = { error: "AutoScalingUnavailable", message };
    expect(adviseOnFault(fault, { region: "eu-wset-1" })).toBe(
      "Auto Scaling did not answer, or failed. Check that the region eu-wset-1 exists (--region) and that this machine has a network connection.",
    );
  });
});

test.each([
  ["ExpiredToken: the token has expired", "have expired: sign in again"],
  ["RequestExpired: Request has expired.", "Correct this machine's clock"],
  ["SignatureDoesNotMatch: Signature expired: 2026 is now earlier", "Correct this machine's clock"],
  ["SignatureDoesNotMatch: check your key", "AWS does not know these credentials"],
  ["AuthFailure: AWS was not able to validate", "AWS does not know these credentials"],
  ["OptInRequired: not subscribed", "Enable the region eu-west-1"],
  ["AccessDenied: not authorized", "Allow autoscaling:DescribeAutoScalingGroups"],
])("advice on %s: %s", (message, advice) => {
  const fault = { error: "AutoScalingAccessDenied", message };
  expect(adviseOnFault(fault, { region: "eu-west-1" })).toContain(advice);
});

describe("an adviser", () => {
  const FAILED: Observation = {
    observedAt: NOW,
    queuesFault: { error: "BuildkiteThrottled", message: "slow down" },
  };
  const HELD: RecordedDecision = { scaler: "web", action: "none", from: 1, to: 1, reasons: [] };

  /** The lines that the adviser says after each poll, with or without the fault. */
  function listLines(polls: readonly boolean[]): string[][] {
    const linesByPoll: string[][] = [];
    const { onObservation, onPoll } = createAdviser(CONTEXT, (line) =>
      linesByPoll.at(-1)?.push(line),
    );
    for (const [index, fails] of polls.entries()) {
      linesByPoll.push([]);
      onObservation?.(fails ? FAILED : { observedAt: NOW });
      const decision = fails ? { ...HELD, fault: "BuildkiteThrottled" } : HELD;
      onPoll?.({ decisions: [decision], next: { nextPollAt: NOW, lastPoll: false } }, index, 0);
    }
    return linesByPoll;
  }

  test("says a fault's advice once, and again if the fault returns", () => {
    const advice =
      "advice: Buildkite limits how often this token reads metrics. Poll less often (--poll-interval), or stop other programs that make such calls.";
    expect(listLines([true, true, false, true])).toEqual([[advice], [], [], [advice]]);
  });

  test("says a fault of the instances' answers, which no decision shows", () => {
    const lines: string[] = [];
    const { onObservation, onPoll } = createAdviser(CONTEXT, (line) => lines.push(line));
    const commandsFault = { error: "RunCommandAccessDenied", message: "not you" };
    onObservation?.({ observedAt: NOW, commandsFault });
    onPoll?.({ decisions: [HELD], next: { nextPollAt: NOW, lastPoll: false } }, 0, 0);
    expect(lines).toEqual([
      "RunCommandAccessDenied: not you",
      expect.stringMatching(/^advice: .* Allow ssm:SendCommand on the instances and the document/),
    ]);
  });

  test("says nothing without a fault", () => {
    expect(listLines([false])).toEqual([[]]);
  });
});
