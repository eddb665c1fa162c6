import { describe, expect, test } from "vitest";
import { computeWaitCurves } from "../../../simulation/report/wait-curves.ts";

describe("wait curves", () => {
  const noWaits = Float64Array.of(0, 0, 0, 0);
  const someWaits = Float64Array.of(0, 1000, 5000, 100_000);
  const { seconds, shares } = computeWaitCurves([noWaits, someWaits]);
  const shareAfter = (policy: number, after: number) =>
    shares[policy]?.[seconds.findIndex((at) => at >= after)];

  test("range from zero and one second to the longest wait", () => {
    expect(seconds.slice(0, 2)).toEqual([0, 1]);
    expect(seconds.at(-1)).toBe(100);
    // zero, and two decades of 60 steps, both ends included
    expect(seconds).toHaveLength(122);
  });

  test("contain the share of jobs that wait longer than each time", () => {
    // after 1 s, 2 of 4 jobs still wait: a job that waits exactly 1 s is not counted
    expect(shareAfter(1, 0)).toBe(0.75);
    expect(shareAfter(1, 1)).toBe(0.5);
    expect(shareAfter(1, 10)).toBe(0.25);
  });

  test("are null when no job waits, because a logarithmic axis has no zero", () => {
    expect(shareAfter(1, 100)).toBeNull();
    expect(shareAfter(0, 1)).toBeNull();
  });

  test("are null everywhere if there are no jobs", () => {
    expect(
      computeWaitCurves([new Float64Array()]).shares[0]?.every((share) => share === null),
    ).toBe(true);
  });
});
