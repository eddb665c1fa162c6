import { describe, expect, test } from "vitest";
import { staleMetrics } from "../../../../functions/core/rules/elastic-ci.ts";
import { scalerOf } from "../../../support/scaler.ts";

describe("in Elastic CI mode", () => {
  const scaler = scalerOf({ elasticCiMode: true });

  test("counts older than two minutes are no ground for a decision", () => {
    expect(staleMetrics(121, scaler)).toEqual({
      error: "StaleMetrics",
      message: "Buildkite's counts are 2m1s old; at most 2m are allowed",
    });
  });

  test.each([
    { that: "of just two minutes", age: 120 },
    { that: "of now", age: 0 },
    { that: "of no known age", age: undefined },
  ])("counts $that are a ground", ({ age }) => {
    expect(staleMetrics(age, scaler)).toBeUndefined();
  });
});

test("outside Elastic CI mode counts of any age are a ground, as in the reference", () => {
  expect(staleMetrics(86_400, scalerOf())).toBeUndefined();
});
