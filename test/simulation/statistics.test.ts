import { describe, expect, test } from "vitest";
import { countUpTo, percentile, shareAbove, sortValues } from "../../simulation/statistics.ts";

describe("percentile", () => {
  // Nearest rank: the value at rank ceil(share x count), counted from 1.
  test.each([
    [[7], 0, 7],
    [[7], 0.5, 7], // ceil(0.5 x 1) = 1
    [[7], 1, 7],
    [[1, 2], 0.5, 1], // ceil(1) = 1
    [[1, 2, 3], 0.5, 2], // ceil(1.5) = 2
    [[1, 2, 3, 4], 0.5, 2], // ceil(2) = 2
    [[1, 2, 3, 4], 0.95, 4], // ceil(3.8) = 4
    [[1, 2, 3, 4], 1, 4],
  ])("of %j at %d is %d", (values, share, value) => {
    expect(percentile(values, share)).toBe(value);
  });

  test.each([20, 60, 100, 1000, 5000])("at 0.95 of 1 to %d leaves a twentieth above", (count) => {
    const values = Array.from({ length: count }, (_, index) => index + 1);
    expect(percentile(values, 0.95)).toBe((count * 95) / 100);
  });

  test("of an empty list is undefined", () => {
    expect(percentile([], 0.5)).toBeUndefined();
  });
});

describe("sortValues", () => {
  test("sorts numbers, in a copy", () => {
    const values = [10, 9, -1, 100, 9];
    expect([...sortValues(values)]).toEqual([-1, 9, 9, 10, 100]);
    expect(values).toEqual([10, 9, -1, 100, 9]);
  });
});

describe("countUpTo", () => {
  const sorted = [1, 2, 2, 5];
  test.each([
    [0, 0],
    [1, 1],
    [2, 3],
    [4.9, 3],
    [5, 4],
    [9, 4],
  ])("counts the values that are at most %d: %d", (limit, count) => {
    expect(countUpTo(limit, sorted)).toBe(count);
  });

  test("counts none in an empty list", () => {
    expect(countUpTo(1, [])).toBe(0);
  });
});

describe("shareAbove", () => {
  test("returns the share of the values above the limit, without the limit itself", () => {
    expect(shareAbove(2, [1, 2, 3, 4])).toBe(0.5);
  });

  test("returns 0 for an empty list", () => {
    expect(shareAbove(2, [])).toBe(0);
  });
});
