import { describe, expect, test } from "vitest";
import { PAYLOAD_BYTES } from "../../local/engine/invoke-lambda.ts";
import type { FaultRule } from "../../local/sandbox/faults.ts";
import { sandbox, world } from "../support/sandbox.ts";
import { readDecisions, run } from "../support/sandboxed-loop.ts";

/**
 * Texts from outside are repeated by every scaler that they hold, and a state that is too large ends an
 * execution without any Catch.
 */

const NAMES = Array.from({ length: 100 }, (_, index) => `${"a".repeat(40)}-${index}`);

const scalers = NAMES.map((name) => ({ queue: name, group: name, agentsPerInstance: 1 }));

/** An error of AWS names the caller, the action and every resource: 2,283 characters were seen. */
const DENIED = "User: arn:aws:sts::123456789012:assumed-role/x is not authorized to ".padEnd(
  2283,
  "é",
);

const HTML = `<html>${"ü".repeat(100_000)}`;

/** A fault, and the error that the decisions or the changes have. */
const LONG: [string, FaultRule, string][] = [
  [
    "groups that cannot be read",
    {
      service: "AutoScaling",
      action: "DescribeAutoScalingGroups",
      fault: { awsError: "AccessDenied", message: DENIED },
    },
    "AutoScalingAccessDenied",
  ],
  [
    "changes that are refused",
    {
      service: "AutoScaling",
      action: "SetDesiredCapacity",
      fault: { awsError: "AccessDenied", message: DENIED },
    },
    "AutoScalingAccessDenied",
  ],
  [
    "an agent token that cannot be read",
    { service: "SSM", fault: { awsError: "AccessDeniedException", message: DENIED } },
    "AgentTokenAccessDenied",
  ],
  [
    "a page in the place of metrics",
    { service: "Buildkite", fault: { answer: { status: 200, body: HTML } } },
    "BuildkiteInvalidAnswer",
  ],
  [
    "an invalid count in every queue",
    { service: "Buildkite", fault: { answer: { status: 200, body: brokenQueues() } } },
    "BuildkiteInvalidAnswer",
  ],
];

function brokenQueues(): string {
  const counts = { scheduled: "🚀".repeat(2000), running: "x".repeat(2000), waiting: null };
  const queues = Object.fromEntries(NAMES.map((name) => [name, counts]));
  const none = { idle: 0, busy: 0, total: 0, queues: {} };
  const jobs = { scheduled: 1, running: 0, waiting: 0, total: 1, queues };
  const slug = "s".repeat(100_000);
  return JSON.stringify({ organization: { slug }, agents: none, jobs });
}

describe("with 100 scalers, every state has at most 256 KiB:", () => {
  test.each(LONG)("%s", async (_, rule, error) => {
    for (const name of NAMES) {
      world.setGroup(name, { desired: 0 });
      world.setQueue(name, { scheduled: 3 });
    }
    sandbox.faults.add(rule);
    const outcome = await run({ at: "09:00:03", input: { slotSeconds: 10, scalers } });
    expect(outcome.status).toBe("SUCCEEDED");
    expect(readDecisions(outcome).length).toBeGreaterThan(0);
    expect(JSON.stringify(outcome.history)).toContain(error);
    const states = outcome.history.flatMap(({ details }) => [details.input, details.output]);
    const sizes = states.map((state) => Buffer.byteLength(state ?? ""));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(PAYLOAD_BYTES);
  });
});
