import { describe, expect, test } from "vitest";
import {
  type Random,
  randomStream,
  sampleExponential,
  sampleNormal,
  sampleWhole,
} from "../../../simulation/fleet/random.ts";

function draw(count: number, sample: () => number): number[] {
  return Array.from({ length: count }, sample);
}

function computeMean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const always =
  (value: number): Random =>
  () =>
    value;

describe("a random stream", () => {
  test("is the same for the same seed and name", () => {
    expect(draw(20, randomStream(7, "a"))).toEqual(draw(20, randomStream(7, "a")));
  });

  test.each([
    ["seed", randomStream(8, "a")],
    ["name", randomStream(7, "b")],
  ])("is different for another %s", (_, other) => {
    const shared = new Set(draw(100, randomStream(7, "a")));
    expect(draw(100, other).filter((value) => shared.has(value))).toEqual([]);
  });

  test("has evenly distributed numbers from 0 to below 1", () => {
    const values = draw(10_000, randomStream(1, "even"));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    const tenths = Map.groupBy(values, (value) => Math.floor(value * 10));
    expect(tenths.size).toBe(10);
    // 1,000 expected in each; the deviation is the root of 10,000 x 0.1 x 0.9, which is 30.
    for (const { length } of tenths.values()) expect(Math.abs(length - 1000)).toBeLessThan(120);
  });

  test("starts with evenly distributed numbers for consecutive seeds", () => {
    const firsts = draw(1000, () => 0).map((_, seed) => randomStream(seed, "near")());
    // The mean of 1,000 lies within 4 deviations of 0.5, each 1 / root(12 x 1,000) = 0.009.
    expect(Math.abs(computeMean(firsts) - 0.5)).toBeLessThan(0.037);
  });
});

describe("a sample", () => {
  test("of the exponential distribution is computed from one number", () => {
    expect(sampleExponential(60, always(0))).toBeCloseTo(0);
    expect(sampleExponential(60, always(0.5))).toBeCloseTo(41.589); // 60 x ln 2
  });

  test("of the exponential distribution has the mean", () => {
    const random = randomStream(2, "exponential");
    const values = draw(20_000, () => sampleExponential(60, random));
    expect(Math.abs(computeMean(values) / 60 - 1)).toBeLessThan(0.03); // 1 / root(20,000) = 0.7 %
  });

  test("of the normal distribution has mean 0 and standard deviation 1", () => {
    const random = randomStream(3, "normal");
    const values = draw(20_000, () => sampleNormal(random));
    expect(Math.abs(computeMean(values))).toBeLessThan(0.03);
    const variance = computeMean(values.map((value) => value ** 2));
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
  });

  test("of the normal distribution always draws two numbers, so that streams stay in step", () => {
    let count = 0;
    sampleNormal(() => {
      count += 1;
      return 0.5;
    });
    expect(count).toBe(2);
  });

  test("of a whole number includes both ends and nothing beyond", () => {
    const random = randomStream(4, "whole");
    const values = new Set(draw(500, () => sampleWhole(3, 6, random)));
    expect([...values].sort()).toEqual([3, 4, 5, 6]);
    expect(sampleWhole(9, 9, always(0.999))).toBe(9);
  });
});
