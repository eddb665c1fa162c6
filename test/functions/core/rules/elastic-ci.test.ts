import { describe, expect, test } from "vitest";
import { findStaleMetrics } from "../../../../functions/core/rules/elastic-ci.ts";
import { createScaler } from "../../../support/scaler.ts";

describe("in Elastic CI mode", () => {
  const scaler = createScaler({ elasticCiMode: true });

  test("counts older than two minutes hold the scaler", () => {
    expect(findStaleMetrics(121, scaler)).toEqual({
      error: "StaleMetrics",
      message: "Buildkite's counts are 2m1s old; at most 2m are allowed",
    });
  });

  test.each([
    { that: "of exactly two minutes", age: 120 },
    { that: "of the current second", age: 0 },
    { that: "of unknown age", age: undefined },
  ])("counts $that do not hold the scaler", ({ age }) => {
    expect(findStaleMetrics(age, scaler)).toBeUndefined();
  });
});

test("outside Elastic CI mode, counts of any age are used, as in the reference", () => {
  expect(findStaleMetrics(86_400, createScaler())).toBeUndefined();
});
