import { describe, expect, test } from "vitest";
import { TimeWeightedSum } from "../../../simulation/fleet/time-weighted.ts";

describe("an integral", () => {
  test("is nothing before anything is counted", () => {
    const integral = new TimeWeightedSum(1000);
    expect([integral.value, integral.upTo(9000)]).toEqual([0, 0]);
  });

  test("is the area under a count that changes", () => {
    const integral = new TimeWeightedSum(1000);
    integral.add(2, 2000);
    integral.add(3, 4000);
    integral.add(-4, 4500);
    expect(integral.value).toBe(1); // 2 + 3 - 4
    // 0 x 1000 + 2 x 2000 + 5 x 500 + 1 x 1500
    expect(integral.upTo(6000)).toBe(8000);
  });

  test("may be asked for as often as one likes", () => {
    const integral = new TimeWeightedSum(0);
    integral.add(3, 0);
    expect([integral.upTo(10), integral.upTo(10), integral.upTo(20)]).toEqual([30, 30, 60]);
  });
});
