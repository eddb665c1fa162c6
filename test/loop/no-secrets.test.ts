import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { InjectedFault } from "../../local/sandbox/faults.ts";
import { captureOutput, parseLogLines, readOutput, restoreOutput } from "../support/output.ts";
import { buildkite, createInput, newParameter, sandbox, world } from "../support/sandbox.ts";
import { runStep } from "../support/step.ts";

vi.hoisted(() => {
  process.env.LOG_LEVEL = "INFO";
});

beforeEach(captureOutput);
afterEach(restoreOutput);

const FAULTS: readonly (readonly [string, InjectedFault])[] = [
  ...[200, 302, 400, 401, 403, 404, 429, 500].map(
    (status) => [`answers ${status}`, { answer: { status, body: "Be right back" } }] as const,
  ),
  ["denies access", { awsError: "AccessDeniedException", status: 403 }],
  ["throttles", { awsError: "ThrottlingException" }],
  ["fails", { awsError: "InternalFailure", status: 500 }],
  ["resets the connection", "reset"],
  ["hangs", "hang"],
];

const RULES = (["Buildkite", "SSM", "AutoScaling"] as const).flatMap((service) =>
  FAULTS.map(([what, fault]) => [service, what, fault] as const),
);

/** Returns everything that Fetch metrics returned and logged. */
async function readEverything(agentTokenParameter: string): Promise<string> {
  const outcome = await runStep("Fetch metrics", { input: createInput({ agentTokenParameter }) });
  return `${JSON.stringify(outcome)}${readOutput()}`;
}

const SECRETS = /bkct_|of-the-sandbox|AKIA/;

describe("no token and no key is in the result or the log of a poll", () => {
  test("without a fault", async () => {
    world.setGroup("web", {});
    expect(await readEverything(newParameter())).not.toMatch(SECRETS);
  });

  test.each(RULES)("if %s %s", async (service, _, fault) => {
    sandbox.faults.add({ service, fault });
    const everything = await readEverything(newParameter());
    expect(everything).toMatch(/"(queues|groups)Fault":/);
    expect(everything).not.toMatch(SECRETS);
    expect(parseLogLines()).toContainEqual(
      expect.objectContaining({ level: "WARN", execution: "loop-1", loop: "main" }),
    );
  });

  test("if the token is refused", async () => {
    expect(await readEverything(newParameter("bkct_wrong"))).not.toMatch(SECRETS);
    expect(readOutput()).toContain("BuildkiteUnauthorized");
  });

  test("if the token cannot be sent in a header", async () => {
    expect(await readEverything(newParameter("bkct_one\nbkct_two"))).not.toMatch(SECRETS);
    expect(readOutput()).toContain("AgentTokenInvalid");
  });

  test("if the token was pasted in place of the parameter's name", async () => {
    const everything = await readEverything(buildkite.token);
    expect(everything).toContain("agentTokenParameter: this value is not allowed");
    expect(everything).not.toMatch(SECRETS);
  });
});
