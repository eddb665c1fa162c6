import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runInVirtualTime } from "../../../local/engine/virtual-time.ts";
import { createQueue } from "../../support/facts.ts";
import { captureOutput, parseLogLines, restoreOutput } from "../../support/output.ts";
import {
  buildkite,
  createInput,
  listCalls,
  newParameter,
  parameters,
  sandbox,
  world,
} from "../../support/sandbox.ts";
import {
  callState,
  delay,
  listRequestTimes,
  readResult,
  runStep,
  START,
} from "../../support/step.ts";

/** Reading the agent token, tested through Fetch metrics. */

const TOKEN = buildkite.token;

function fetchMetrics(agentTokenParameter: string) {
  return readResult("Fetch metrics", { input: createInput({ agentTokenParameter }) });
}

/** Calls Fetch metrics after each pause, in one warm Lambda. */
function polledAfter(agentTokenParameter: string, pausesSeconds: readonly number[]) {
  const event = { input: createInput({ agentTokenParameter }) };
  return runInVirtualTime(Date.parse(START), async () => {
    const results: unknown[] = [];
    for (const seconds of pausesSeconds) {
      await delay(seconds * 1000)();
      results.push(await callState("Fetch metrics", event));
    }
    return results;
  });
}

function tokenFault(parameter: string, fault: Parameters<typeof sandbox.faults.add>[0]["fault"]) {
  sandbox.faults.add({ service: "SSM", subject: parameter, fault });
}

const FACTS = { queues: { default: createQueue({}) } };

describe("the agent token", () => {
  test.each([
    ["a path", "/buildkite/of-a-path"],
    ["a deep path", "/a/b-c/d_e/f.g"],
    ["another account's ARN", "arn:aws:ssm:us-east-1:210987654321:parameter/buildkite/token"],
    ["an ARN of another partition", "arn:aws-cn:ssm:cn-north-1:210987654321:parameter/token"],
    ["a Secrets Manager reference", "/aws/reference/secretsmanager/buildkite-token"],
  ])("is read and decrypted from %s", async (_, parameter) => {
    parameters.set(parameter, TOKEN);
    expect(await fetchMetrics(parameter)).toMatchObject(FACTS);
    expect(listCalls("SSM")).toEqual([`GetParameter ${parameter}`]);
  });

  test("may have white space around it", async () => {
    expect(await fetchMetrics(newParameter(`  ${TOKEN}\n`))).toMatchObject(FACTS);
  });

  test("is cached: two polls are one GetParameter", async () => {
    const parameter = newParameter();
    expect(await polledAfter(parameter, [0, 10])).toMatchObject([FACTS, FACTS]);
    expect(listCalls("SSM")).toEqual([`GetParameter ${parameter}`]);
  });

  test("is read again after five minutes", async () => {
    await polledAfter(newParameter(), [0, 290, 20]);
    expect(listRequestTimes("SSM")).toEqual([0, 310_000]); // 290 s: cached; 310 s: not
  });

  test("is cached for each parameter separately", async () => {
    const [right, wrong] = [newParameter(), newParameter("bkct_of-another-cluster")];
    expect(await fetchMetrics(right)).toMatchObject(FACTS);
    expect(await fetchMetrics(wrong)).toMatchObject({
      queuesFault: { error: "BuildkiteUnauthorized" },
    });
  });
});

describe("an agent token that Buildkite refuses", () => {
  test("is read again once, because it may have been rotated, and stays cached", async () => {
    const parameter = newParameter();
    await fetchMetrics(parameter);
    buildkite.token = "bkct_rotated";
    parameters.set(parameter, "bkct_rotated");
    sandbox.calls.length = 0;
    expect(await polledAfter(parameter, [10, 10])).toMatchObject([FACTS, FACTS]);
    expect(listCalls("SSM")).toHaveLength(1);
    expect(listCalls("Buildkite")).toHaveLength(3); // refused, accepted; accepted
  });

  test("is a fault after exactly two calls if it is refused again", async () => {
    const facts = await fetchMetrics(newParameter("bkct_wrong"));
    expect(facts).toMatchObject({
      queuesFault: {
        error: "BuildkiteUnauthorized",
        message: `${sandbox.agentEndpoint} refused the agent token: is it wrong, or rotated? (401)`,
      },
    });
    expect(listCalls("Buildkite")).toHaveLength(2);
    expect(listCalls("SSM")).toHaveLength(2);
  });

  test("has the fault of the read if it cannot be read again", async () => {
    const parameter = newParameter();
    await fetchMetrics(parameter);
    buildkite.token = "bkct_rotated";
    tokenFault(parameter, { awsError: "AccessDeniedException" });
    expect(await fetchMetrics(parameter)).toMatchObject({
      queuesFault: { error: "AgentTokenAccessDenied" },
    });
  });
});

describe("a parameter that cannot be read", () => {
  test.each([
    ["is missing", "ParameterNotFound", "AgentTokenNotFound", 1],
    ["is denied", "AccessDeniedException", "AgentTokenAccessDenied", 1],
    ["is throttled", "ThrottlingException", "AgentTokenThrottled", 2],
    ["has a key that no longer exists", "InvalidKeyId", "AgentTokenUnavailable", 1],
  ])("because it %s is a fault with its name", async (_, awsError, error, calls) => {
    const parameter = newParameter();
    tokenFault(parameter, { awsError, message: "no" });
    const facts = await fetchMetrics(parameter);
    expect(facts).toMatchObject({
      queuesFault: { error, message: expect.stringContaining(parameter) },
    });
    expect(listCalls("SSM")).toHaveLength(calls);
    expect(listCalls("Buildkite")).toEqual([]);
  });

  test("because the answer has no value is not an invalid token", async () => {
    const parameter = newParameter();
    const headers = { "content-type": "application/x-amz-json-1.1" };
    const body = JSON.stringify({ Parameter: { Name: parameter } });
    tokenFault(parameter, { answer: { status: 200, headers, body } });
    const facts = await fetchMetrics(parameter);
    const message = `SSM's answer has no value of ${parameter}`;
    expect(facts).toMatchObject({ queuesFault: { error: "AgentTokenUnavailable", message } });
    expect(listCalls("Buildkite")).toEqual([]);
  });

  test("does not affect the facts about groups", async () => {
    world.setGroup("web", { desired: 2 });
    expect(await fetchMetrics("/no/such/parameter")).toMatchObject({
      queuesFault: {
        error: "AgentTokenNotFound",
        message: "there is no parameter /no/such/parameter in this region",
      },
      groups: { web: { desired: 2 } },
    });
  });

  test.each([{ awsError: "ThrottlingException" }, "reset", "hang"] as const)(
    "once is read at the second attempt: %j",
    async (fault) => {
      const parameter = newParameter();
      sandbox.faults.add({ service: "SSM", subject: parameter, times: 1, fault });
      expect(await fetchMetrics(parameter)).toMatchObject(FACTS);
      expect(listCalls("SSM")).toHaveLength(2);
    },
  );

  test("because the call hangs is a fault within the step's time", async () => {
    const agentTokenParameter = newParameter();
    tokenFault(agentTokenParameter, "hang");
    world.setGroup("web", { desired: 2 });
    const { result, tookMs } = await runStep("Fetch metrics", {
      input: createInput({ agentTokenParameter }),
    });
    expect(result).toMatchObject({
      queuesFault: { error: "AgentTokenUnavailable" },
      groups: { web: { desired: 2 } },
    });
    expect(listCalls("SSM")).toHaveLength(2);
    expect(tookMs).toBeLessThan(12_500);
  });

  test("after a slow call to Buildkite does not affect the facts about groups", async () => {
    const agentTokenParameter = newParameter();
    await fetchMetrics(agentTokenParameter);
    world.setGroup("web", { desired: 2 });
    buildkite.token = "bkct_rotated";
    sandbox.faults.add({ service: "Buildkite", times: 1, fault: "hang" });
    tokenFault(agentTokenParameter, "hang");
    const { result, tookMs } = await runStep("Fetch metrics", {
      input: createInput({ agentTokenParameter }),
    });
    expect(result).toMatchObject({
      queuesFault: { error: "AgentTokenUnavailable" },
      groups: { web: { desired: 2 } },
    });
    expect(tookMs).toBeLessThanOrEqual(12_500); // 5 s, then GetParameter until 1.5 s before the end
  });
});

describe("the last token that was read", () => {
  const OUTAGES = [
    ["SSM fails", { awsError: "InternalServerError", status: 500 }, "AgentTokenUnavailable"],
    ["KMS fails", { awsError: "KMSInternalException", status: 500 }, "AgentTokenUnavailable"],
    ["SSM throttles", { awsError: "ThrottlingException" }, "AgentTokenThrottled"],
    ["SSM's answer is empty", { answer: { status: 200, body: "{}" } }, "AgentTokenUnavailable"],
    ["SSM hangs", "hang", "AgentTokenUnavailable"],
  ] as const;

  beforeEach(captureOutput);
  afterEach(restoreOutput);

  test.each(OUTAGES)("goes on being used while %s, visibly", async (_, fault, error) => {
    vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "fetch-metrics");
    vi.stubEnv("LOG_LEVEL", "INFO");
    const parameter = newParameter();
    await fetchMetrics(parameter);
    tokenFault(parameter, fault);
    expect(await polledAfter(parameter, [310, 10])).toMatchObject([FACTS, FACTS]);
    vi.unstubAllEnvs();
    const lines = parseLogLines();
    const named = expect.objectContaining({ error });
    expect(lines.filter((line) => line.AgentTokenNotRead === 1)).toHaveLength(2);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "WARN", loop: "main", fault: named }),
    );
  });

  test("is used without asking SSM for a minute, and SSM is asked again then", async () => {
    const parameter = newParameter();
    await fetchMetrics(parameter);
    tokenFault(parameter, { awsError: "InternalServerError" });
    sandbox.calls.length = 0;
    await polledAfter(parameter, [310, 30, 29, 2]);
    const times = [...new Set(listRequestTimes("SSM").map((ms) => Math.floor(ms / 1000)))];
    expect(times).toEqual([310, 371]); // 310 + 30 + 29 is within the minute, 2 s later is not
  });

  test("is read anew as soon as SSM answers again", async () => {
    const parameter = newParameter();
    await fetchMetrics(parameter);
    tokenFault(parameter, { awsError: "InternalServerError" });
    await polledAfter(parameter, [310]);
    sandbox.faults.clear();
    sandbox.calls.length = 0;
    await polledAfter(parameter, [400, 10]);
    expect(listCalls("SSM")).toEqual([`GetParameter ${parameter}`]);
  });

  test("is not used after Buildkite refused it", async () => {
    const parameter = newParameter();
    await fetchMetrics(parameter);
    buildkite.token = "bkct_rotated";
    tokenFault(parameter, { awsError: "InternalServerError" });
    expect(await polledAfter(parameter, [310, 10])).toMatchObject([
      { queuesFault: { error: "AgentTokenUnavailable" } },
      { queuesFault: { error: "AgentTokenUnavailable" } },
    ]);
  });

  test.each([
    ["AccessDeniedException", "AgentTokenAccessDenied"],
    ["ParameterNotFound", "AgentTokenNotFound"],
  ])("is not used after %s: somebody took it away", async (awsError, error) => {
    const parameter = newParameter();
    await fetchMetrics(parameter);
    tokenFault(parameter, { awsError });
    expect(await polledAfter(parameter, [310])).toMatchObject([{ queuesFault: { error } }]);
  });
});

describe("a parameter without a token", () => {
  test.each([
    ["an empty value", ""],
    ["white space", " \n "],
    ["two lines", "bkct_one\nbkct_two"],
    ["the JSON of a secret", '{ "token": "bkct_one" }'],
    ["a value that is not allowed in a header", "bkct_…"],
  ])("that contains %s is a fault with its name and without its value", async (_, value) => {
    const parameter = newParameter(value);
    const { queuesFault } = Object(await fetchMetrics(parameter));
    expect(queuesFault).toEqual({
      error: "AgentTokenInvalid",
      message: `the parameter ${parameter} holds no agent token: a token is one word without spaces`,
    });
    expect(listCalls("Buildkite")).toEqual([]);
  });

  test("is read again at the next poll, because only a token is cached", async () => {
    const parameter = newParameter(" ");
    expect(await fetchMetrics(parameter)).toHaveProperty("queuesFault");
    parameters.set(parameter, TOKEN);
    expect(await fetchMetrics(parameter)).toMatchObject(FACTS);
  });
});
