import { describe, expect, test } from "vitest";
import { parseExecutionInput } from "../../../functions/core/execution-input.ts";
import { InvalidInput, InvalidScaler } from "../../../functions/core/problems.ts";

const ENTRY = { queue: "default", group: "my-asg", agentsPerInstance: 4 };
const LEAST = { name: "main", agentTokenParameter: "/buildkite/agent-token", scalers: [ENTRY] };

describe("an execution's input", () => {
  test("with only the required settings gets every default", () => {
    expect(parseExecutionInput(LEAST)).toEqual({
      name: "main",
      agentTokenParameter: "/buildkite/agent-token",
      agentEndpoint: "https://agent.buildkite.com/v3",
      publishMetrics: false,
      allQueueMetrics: false,
      startupJitter: 0,
      slotSeconds: 180,
      scalers: [expect.objectContaining({ name: "my-asg", agentStartupGraceSeconds: 300 })],
    });
  });

  test("with all settings keeps them", () => {
    const input = {
      ...LEAST,
      scheduledAt: "2026-01-05T09:00:00Z",
      agentEndpoint: "https://agent-edge.buildkite.com/v3",
      publishMetrics: true,
      allQueueMetrics: true,
      startupJitter: "30s",
      slotSeconds: 0,
    };
    expect(parseExecutionInput(input)).toMatchObject({
      scheduledAt: "2026-01-05T09:00:00Z",
      agentEndpoint: "https://agent-edge.buildkite.com/v3",
      publishMetrics: true,
      allQueueMetrics: true,
      startupJitter: 30,
      slotSeconds: 0,
    });
  });

  test("has a maximum for slotSeconds, because an Express execution ends after 300 s", () => {
    expect(parseExecutionInput({ ...LEAST, slotSeconds: 240 }).slotSeconds).toBe(240);
    expect(() => parseExecutionInput({ ...LEAST, slotSeconds: 241 })).toThrow(
      "input: slotSeconds: 241 is not allowed; allowed: at most 240 seconds: an Express execution ends after 300",
    );
  });

  test("is refused with all problems, its own and those of its scalers", () => {
    const refused = () =>
      parseExecutionInput({
        agentTokenParameter: "/a",
        scheduledAt: "today",
        publish_metrics: true,
        slotSeconds: -1,
        scalers: [{ ...ENTRY, agentsPerInstance: 0 }, ENTRY],
      });
    expect(refused).toThrow(InvalidInput);
    expect(refused).toThrow(
      [
        'input: scheduledAt: "today" is not allowed; allowed: a time such as 2026-01-05T09:00:00Z',
        "input: name: is missing",
        "input: slotSeconds: -1 is not allowed; allowed: a whole number of at least 0",
        'input: "publish_metrics" is not known here; did you mean "publishMetrics"?',
        "scalers[0] (my-asg): agentsPerInstance: 0 is not allowed; allowed: a whole number of at least 1",
        'scalers[1] (my-asg): group: "my-asg" is already the group of scalers[0] (my-asg); allowed: a group in one entry only',
      ].join("\n"),
    );
  });

  test("is refused as InvalidScaler if only its scalers are invalid", () => {
    expect(() => parseExecutionInput({ ...LEAST, scalers: [{}] })).toThrow(InvalidScaler);
  });

  test("is refused without a scaler", () => {
    expect(() => parseExecutionInput({ ...LEAST, scalers: [] })).toThrow(
      "input: scalers: [] is not allowed; allowed: at least one scaler",
    );
  });

  test.each([null, undefined, "main", 5, [], [LEAST]])("may not be %j", (input) => {
    expect(() => parseExecutionInput(input)).toThrow(InvalidInput);
  });
});

describe("the agent token's parameter", () => {
  test.each([
    "/buildkite/agent-token",
    "/agent_token.v2",
    "/aws/reference/secretsmanager/agent-token",
    "arn:aws:ssm:us-east-1:123456789012:parameter/buildkite/agent-token",
    "arn:aws-us-gov:ssm:us-gov-west-1:123456789012:parameter/token",
  ])("may be %s", (agentTokenParameter) => {
    expect(parseExecutionInput({ ...LEAST, agentTokenParameter })).toMatchObject({
      agentTokenParameter,
    });
  });

  test.each([
    "/",
    "//double",
    "/ends/in/a/slash/",
    "/a b",
    "/token\n",
    "no-slash",
    "arn:aws:ssm:us-east-1:123456789012:parameter",
    "arn:aws:ssm:us-east-1:12345:parameter/token",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:token",
    "",
  ])("may not be %j", (agentTokenParameter) => {
    expect(() => parseExecutionInput({ ...LEAST, agentTokenParameter })).toThrow(InvalidInput);
  });
});

describe("a token that was pasted by mistake is never printed", () => {
  const TOKEN = "bkct_5ecre7";

  test.each([
    { that: "in place of the parameter's name", input: { ...LEAST, agentTokenParameter: TOKEN } },
    { that: "in a list", input: { ...LEAST, agentTokenParameter: [TOKEN] } },
    { that: "as an unknown setting", input: { ...LEAST, agentToken: TOKEN } },
    { that: "one level too deep", input: { ...LEAST, agentTokenParameter: { value: TOKEN } } },
    { that: "in a list of inputs", input: [{ ...LEAST, agentTokenParameter: TOKEN }] },
    { that: "as the whole input", input: TOKEN },
    { that: "in a scaler", input: { ...LEAST, scalers: [{ ...ENTRY, agentToken: TOKEN }] } },
    {
      that: "in a cluster in place of a scaler",
      input: { ...LEAST, scalers: [[{ agentToken: TOKEN }], TOKEN] },
    },
    {
      that: "in a cluster in place of the scalers",
      input: { ...LEAST, scalers: { agentToken: TOKEN } },
    },
  ])("$that", ({ input }) => {
    expect.assertions(2);
    try {
      parseExecutionInput(input);
    } catch (error) {
      expect(String(error)).toMatch(/not (allowed|known)/);
      expect(String(error)).not.toContain(TOKEN);
    }
  });
});

describe("the agent endpoint", () => {
  test.each([
    { written: "https://agent.buildkite.com/v3", read: "https://agent.buildkite.com/v3" },
    { written: "https://agent.buildkite.com/v3//", read: "https://agent.buildkite.com/v3" },
    { written: "http://127.0.0.1:8080/v3/", read: "http://127.0.0.1:8080/v3" },
    { written: "http://localhost", read: "http://localhost" },
    { written: "http://[::1]:9", read: "http://[::1]:9" },
  ])("may be $written", ({ written, read }) => {
    expect(parseExecutionInput({ ...LEAST, agentEndpoint: written }).agentEndpoint).toBe(read);
  });

  test.each([
    "http://agent.buildkite.com/v3",
    "http://localhost.example.com",
    "http://127.0.0.1.example.com",
    "http://0.0.0.0", // every interface of this machine, not the loopback
    "agent.buildkite.com",
    "ftp://agent.buildkite.com",
    "",
    5,
    "https://agent.buildkite.com/v3?queue=a", // "/metrics" would be part of the query
    "https://agent.buildkite.com/v3#",
    " https://agent.buildkite.com/v3",
    "https://agent.buildkite.com/v 3",
  ])(
    "may not be %j, because the token needs an encrypted connection to a plain address",
    (agentEndpoint) => {
      expect(() => parseExecutionInput({ ...LEAST, agentEndpoint })).toThrow(
        "agentEndpoint: " +
          JSON.stringify(agentEndpoint) +
          " is not allowed; allowed: an https address",
      );
    },
  );
});
