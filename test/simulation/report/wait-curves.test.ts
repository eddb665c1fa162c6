import { describe, expect, test } from "vitest";
import { computeWaitCurves } from "../../../simulation/report/wait-curves.ts";

describe("the waits of policies", () => {
  const none = Float64Array.of(0, 0, 0, 0);
  const some = Float64Array.of(0, 1000, 5000, 100_000);
  const { seconds, shares } = computeWaitCurves([none, some]);
  const shareAfter = (policy: number, after: number) =>
    shares[policy]?.[seconds.findIndex((at) => at >= after)];

  test("go from a second to the longest wait of all", () => {
    expect(seconds[0]).toBe(1);
    expect(seconds.at(-1)).toBe(100);
    // two decades of 60 steps, both ends included
    expect(seconds).toHaveLength(121);
  });

  test("tell how many jobs still waited after so long", () => {
    // after 1 s, 2 of 4 jobs still wait: the one that waited for just a second does not
    expect(shareAfter(1, 1)).toBe(0.5);
    expect(shareAfter(1, 10)).toBe(0.25);
  });

  test("end where nobody waits any longer, because a log axis has no zero", () => {
    expect(shareAfter(1, 100)).toBeNull();
    expect(shareAfter(0, 1)).toBeNull();
  });

  test("of no job at all are empty", () => {
    expect(
      computeWaitCurves([new Float64Array()]).shares[0]?.every((share) => share === null),
    ).toBe(true);
  });
});
