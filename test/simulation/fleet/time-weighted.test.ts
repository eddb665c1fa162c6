import { describe, expect, test } from "vitest";
import { TimeWeightedSum } from "../../../simulation/fleet/time-weighted.ts";

describe("TimeWeightedSum", () => {
  test("is 0 before anything is counted", () => {
    const sum = new TimeWeightedSum(1000);
    expect([sum.value, sum.upTo(9000)]).toEqual([0, 0]);
  });

  test("is the area under a count that changes", () => {
    const sum = new TimeWeightedSum(1000);
    sum.add(2, 2000);
    sum.add(3, 4000);
    sum.add(-4, 4500);
    expect(sum.value).toBe(1); // 2 + 3 - 4
    // 0 x 1000 + 2 x 2000 + 5 x 500 + 1 x 1500
    expect(sum.upTo(6000)).toBe(8000);
  });

  test("can be read any number of times", () => {
    const sum = new TimeWeightedSum(0);
    sum.add(3, 0);
    expect([sum.upTo(10), sum.upTo(10), sum.upTo(20)]).toEqual([30, 30, 60]);
  });
});
