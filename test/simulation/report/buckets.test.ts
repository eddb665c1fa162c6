import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { summarizeBuckets } from "../../../simulation/report/buckets.ts";

describe("a column in buckets", () => {
  test("has the average over time, the smallest and the largest value of each", () => {
    // 0 to 100: 4 for 50 ms, 8 for 25 ms, 0 for 25 ms: (200 + 200 + 0) / 100
    const summary = summarizeBuckets([0, 50, 75], [4, 8, 0], { fromMs: 0, stepMs: 100, count: 2 });
    expect(summary).toEqual({ means: [4, 0], lows: [0, 0], highs: [8, 0] });
  });

  test("starts with the last value before the first bucket", () => {
    const summary = summarizeBuckets([0, 150], [6, 2], { fromMs: 100, stepMs: 100, count: 1 });
    expect(summary).toEqual({ means: [4], lows: [2], highs: [6] });
  });

  test("is null before the first row, and averages only the time after it", () => {
    const summary = summarizeBuckets([150], [6], { fromMs: 0, stepMs: 100, count: 3 });
    expect(summary).toEqual({ means: [null, 6, 6], lows: [null, 6, 6], highs: [null, 6, 6] });
  });

  test("keeps the area below the line, whatever the length of a bucket", () => {
    const rows = fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 50 }), (values, stepMs) => {
        const times = values.map((_, index) => index * 10);
        const count = Math.ceil((values.length * 10) / stepMs);
        const { means } = summarizeBuckets(times, values, { fromMs: 0, stepMs, count });
        const beyondMs = count * stepMs - values.length * 10;
        const area = values.reduce((total, value) => total + value * 10, 0);
        const expected = area + (values.at(-1) ?? 0) * beyondMs;
        const drawn = means.reduce<number>((total, mean) => total + (mean ?? 0) * stepMs, 0);
        expect(drawn).toBeCloseTo(expected, 4);
      }),
    );
  });
});
