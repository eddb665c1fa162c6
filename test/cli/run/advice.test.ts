import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { adviceForFault, createAdviser } from "../../../cli/run/advice.ts";
import type { Observation } from "../../../functions/core/facts.ts";
import type { RecordedDecision } from "../../../local/engine/recorded-tasks.ts";
import { NOW } from "../../support/facts.ts";

const SETUP = { region: "eu-west-1", parameter: "/token" };
const CLIENTS = fileURLToPath(new URL("../../../functions/clients/", import.meta.url));

/** Every name of a fault that a client's comments say it throws. */
function namesThrown(): string[] {
  const sources = readdirSync(CLIENTS).map((file) => readFileSync(`${CLIENTS}${file}`, "utf8"));
  const comments = sources.flatMap((text) => text.match(/@throws NamedFault[\s\S]*?\*\//g) ?? []);
  const names = comments.flatMap(
    (comment) =>
      comment.match(/\b(?:Buildkite|AgentToken|AutoScaling|CloudWatch|Group|Capacity)[A-Z]\w+/g) ??
      [],
  );
  return [...new Set(names)];
}

describe("advice", () => {
  test("is there for every fault that a client has", () => {
    const names = namesThrown().filter((name) => name !== "CapacityOutOfBounds");
    expect(names.length).toBeGreaterThan(15);
    const nothing = "nothing, unless it lasts: the next poll tries again";
    const without = names.filter(
      (error) => adviceForFault({ error, message: "" }, SETUP) === nothing,
    );
    expect(without).toEqual([]);
  });

  test("names the variable where the token was given itself", () => {
    const fault = { error: "BuildkiteUnauthorized", message: "" };
    expect(adviceForFault(fault, { region: "eu-west-1" })).toMatch(/into BUILDKITE_AGENT_TOKEN$/);
  });

  test("doubts the region where its AWS has no address", () => {
    const message = "Error: getaddrinfo ENOTFOUND autoscaling.eu-wset-1.amazonaws.com";
    const fault = { error: "AutoScalingUnavailable", message };
    expect(adviceForFault(fault, { region: "eu-wset-1" })).toBe(
      "see whether there is a region eu-wset-1 (--region), and whether this machine has a network",
    );
  });
});

describe("an adviser", () => {
  const REFUSED: Observation = {
    observedAt: NOW,
    queuesFault: { error: "BuildkiteThrottled", message: "slow down" },
  };
  const HELD: RecordedDecision = { scaler: "web", action: "none", from: 1, to: 1, reasons: [] };

  /** What is said about polls, each with or without the fault. */
  function saidAbout(polls: readonly boolean[]): string[][] {
    const said: string[][] = [];
    const { onObservation, onPoll } = createAdviser(SETUP, (line) => said.at(-1)?.push(line));
    for (const [index, fails] of polls.entries()) {
      said.push([]);
      onObservation?.(fails ? REFUSED : { observedAt: NOW });
      const decision = fails ? { ...HELD, fault: "BuildkiteThrottled" } : HELD;
      onPoll?.({ decisions: [decision], nextPollAt: NOW, lastPoll: false }, index, 0);
    }
    return said;
  }

  test("says a thing once, and again when it comes back", () => {
    const advice = "what to do: poll less often (--poll-interval), or stop what else makes calls";
    expect(saidAbout([true, true, false, true])).toEqual([[advice], [], [], [advice]]);
  });

  test("says nothing where all is well", () => {
    expect(saidAbout([false])).toEqual([[]]);
  });
});
