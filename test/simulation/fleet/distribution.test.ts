import * as v from "valibot";
import { describe, expect, test } from "vitest";
import {
  type Distribution,
  distributionSchema,
  sampleMs,
} from "../../../simulation/fleet/distribution.ts";
import { randomStream } from "../../../simulation/fleet/random.ts";
import { percentile, sortValues } from "../../../simulation/statistics.ts";

function sampleSorted(distribution: Distribution, count = 10_000): Float64Array {
  const random = randomStream(5, "samples");
  return sortValues(Array.from({ length: count }, () => sampleMs(distribution, random)));
}

describe("a duration", () => {
  test("that is a number is constant and draws nothing", () => {
    const noDraw = () => {
      throw new Error("drew");
    };
    expect(sampleMs(1.2345, noDraw)).toBe(1235); // 1234.5 ms, rounded up
  });

  test.each([
    [0, 10_000],
    [0.5, 15_000], // 10 + 0.5 x (20 - 10)
    [0.25, 12_500],
  ])("in a range is computed from one number: %d leads to %d ms", (number, ms) => {
    expect(sampleMs({ from: 10, to: 20 }, () => number)).toBe(ms);
  });

  test("that is log-normal has its median and its 95th percentile", () => {
    const values = sampleSorted({ median: 60, p95: 240 });
    expect(Math.abs((percentile(values, 0.5) ?? 0) / 60_000 - 1)).toBeLessThan(0.04);
    expect(Math.abs((percentile(values, 0.95) ?? 0) / 240_000 - 1)).toBeLessThan(0.08);
  });

  test("that is log-normal is never longer than `most`", () => {
    const values = sampleSorted({ median: 60, p95: 240, most: 300 });
    expect(values.at(-1)).toBe(300_000);
    expect(Math.abs((percentile(values, 0.5) ?? 0) / 60_000 - 1)).toBeLessThan(0.04);
  });

  test("whose median is its 95th percentile is constant", () => {
    expect(new Set(sampleSorted({ median: 60, p95: 60 }, 50))).toEqual(new Set([60_000]));
  });
});

describe("distributionSchema", () => {
  test.each([
    [0],
    [90.5],
    [{ from: 0, to: 0 }],
    [{ from: 6, to: 12 }],
    [{ median: 1, p95: 1 }],
    [{ median: 60, p95: 240, most: 240 }],
  ])("accepts %j", (input) => {
    expect(v.parse(distributionSchema, input)).toEqual(input);
  });

  test.each([
    [-1, "seconds of at least 0"],
    [Number.POSITIVE_INFINITY, "seconds of at least 0"],
    ["60", "seconds of at least 0"],
    [null, "seconds of at least 0"],
    [{ from: 2, to: 1 }, "from at most to"],
    [{ from: -2, to: 1 }, "seconds of at least 0"],
    [{ median: 0, p95: 1 }, "seconds above 0"],
    [{ median: 2, p95: 1 }, "median at most p95, and p95 at most most"],
    [{ median: 1, p95: 3, most: 2 }, "median at most p95, and p95 at most most"],
  ])("rejects %j with a message: %s", (input, message) => {
    const { issues = [] } = v.safeParse(distributionSchema, input);
    expect(issues.map((issue) => issue.message)).toContain(message);
  });

  test.each([[{ from: 1 }], [{ median: 1 }], [{ from: 1, to: 2, most: 3 }], [{}], [[]]])(
    "rejects missing and unknown keys: %j",
    (input) => {
      expect(v.is(distributionSchema, input)).toBe(false);
    },
  );
});
