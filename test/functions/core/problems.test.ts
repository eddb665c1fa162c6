import { describe, expect, test } from "vitest";
import { findNearestName, InvalidInput, InvalidScaler } from "../../../functions/core/problems.ts";

test.each([
  { error: InvalidScaler, name: "InvalidScaler" },
  { error: InvalidInput, name: "InvalidInput" },
])("$name has its name, and a message with a line for each problem", ({ error, name }) => {
  const problems = [
    { where: "scalers[0] (web): group", what: "is missing" },
    { where: "scalers[2] (ios): queue", what: "is missing" },
  ];
  const thrown = new error(problems);
  expect(thrown.name).toBe(name);
  expect(thrown.message).toBe(
    "scalers[0] (web): group: is missing\nscalers[2] (ios): queue: is missing",
  );
  expect(thrown.problems).toEqual(problems);
});

describe("the nearest known name", () => {
  const known = ["agentEndpoint", "agentTokenParameter", "scaleIn", "scaleOut", "queue", "queues"];

  test.each([
    { unknown: "scalein", meant: "scaleIn" },
    { unknown: "SCALE_IN", meant: "scaleIn" },
    { unknown: "scale-out", meant: "scaleOut" },
    { unknown: "sclaeOut", meant: "scaleOut" },
    { unknown: "queu", meant: "queue" },
    { unknown: "agentToken", meant: "agentTokenParameter" }, // the end is missing
  ])("of $unknown is $meant", ({ unknown, meant }) => {
    expect(findNearestName(unknown, known)).toBe(meant);
  });

  test.each(["zebra", "constructor", ""])("of %j does not exist", (unknown) => {
    expect(findNearestName(unknown, known)).toBeUndefined();
  });

  test("does not exist if no name is known", () => {
    expect(findNearestName("queue", [])).toBeUndefined();
  });
});
