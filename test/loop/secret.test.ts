import { beforeEach, describe, expect, test } from "vitest";
import type { InjectedFault } from "../../local/sandbox/faults.ts";
import { buildkite, newParameter, parameters, sandbox, world } from "../support/sandbox.ts";
import { countSecretReads, joinHistories, readDecisions, run } from "../support/sandboxed-loop.ts";

/** Every token in these tests starts with this. */
const TOKEN = "bkct_of-the-sandbox";

const TWO_POLLS = { slotSeconds: 20 };

beforeEach(() => {
  world.setGroup("web", {});
  world.setQueue("default", { scheduled: 1 });
});

test("an execution's history contains the token's parameter and never the token", async () => {
  const agentTokenParameter = newParameter();
  await run({ at: "09:00:43", input: { ...TWO_POLLS, agentTokenParameter } });
  expect(world.commands).toEqual([{ group: "web", desired: 1 }]); // The token was sent.
  expect(joinHistories()).toContain(agentTokenParameter);
  expect(countSecretReads()).toEqual([]);
});

test("an execution's history never contains a token that is rotated before its parameter", async () => {
  const outcome = await run(
    { at: "09:00:03", input: TWO_POLLS },
    { "09:00:10": () => (buildkite.token = "bkct_rotated") },
  );
  expect(readDecisions(outcome)[1]).toMatchObject([{ fault: "BuildkiteUnauthorized" }]);
  expect(countSecretReads()).toEqual([]);
});

describe("an execution's history never contains a token that an answer repeats:", () => {
  const answers = (status: number, body: string): InjectedFault => ({ answer: { status, body } });

  const REPEATING: [name: string, fault: InjectedFault, error: string][] = [
    ["in a page", answers(200, `You sent: Token ${TOKEN}`), "BuildkiteInvalidAnswer"],
    [
      "at the end of what is quoted",
      answers(200, `${"-".repeat(50)}${TOKEN}`),
      "BuildkiteInvalidAnswer",
    ],
    ["in JSON", answers(200, `{"Token ${TOKEN}": 1}`), "BuildkiteInvalidAnswer"],
    ["as a queue's name", answers(200, queueNamed(TOKEN)), "BuildkiteInvalidAnswer"],
    ["in an error", answers(500, TOKEN), "BuildkiteUnavailable"],
    ["in a refusal", answers(401, TOKEN), "BuildkiteUnauthorized"],
  ];

  function queueNamed(name: string): string {
    const queues = { [name]: { idle: -1 } };
    return JSON.stringify({ agents: { queues }, jobs: { queues } });
  }

  test.each(REPEATING)("%s", async (_, fault, error) => {
    sandbox.faults.add({ service: "Buildkite", fault });
    const scalers = ["default", "other"].map((queue) => ({
      queue,
      group: queue === "default" ? "web" : queue,
      agentsPerInstance: 1,
    }));
    const outcome = await run({ at: "09:00:03", input: { ...TWO_POLLS, scalers } });
    expect(readDecisions(outcome)[0]?.[0]).toMatchObject({ fault: error });
    expect(countSecretReads()).toEqual([]);
  });
});

describe("an execution's history never contains a parameter's value that cannot be sent:", () => {
  const UNSENDABLE = [
    ["several lines", '{\n  "token": "bkct_in-json"\n}'],
    ["letters that are not allowed in a header", "bkct_zażółć"],
    ["a line break in the middle", "bkct_one\nbkct_two"],
  ];

  test.each(UNSENDABLE)("%s", async (_, value) => {
    const agentTokenParameter = newParameter(value);
    const outcome = await run({ at: "09:00:03", input: { ...TWO_POLLS, agentTokenParameter } });
    const [first] = readDecisions(outcome)[0] ?? [];
    expect(first).toMatchObject({ action: "none", fault: "AgentTokenInvalid" });
    expect(first?.reasons.join()).toContain(agentTokenParameter);
    expect(countSecretReads()).toEqual([]);
    expect(world.commands).toEqual([]);
  });

  test("until it is corrected", async () => {
    const agentTokenParameter = newParameter("bkct_one\nbkct_two");
    const outcome = await run(
      { at: "09:00:03", input: { ...TWO_POLLS, agentTokenParameter } },
      { "09:00:10": () => parameters.set(agentTokenParameter, TOKEN) },
    );
    expect(readDecisions(outcome)[1]).toMatchObject([{ action: "scale-out" }]);
    expect(world.commands).toEqual([{ group: "web", desired: 1 }]);
  });
});
