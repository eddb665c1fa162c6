import { describe, expect, test } from "vitest";
import { describeVerdict } from "../../../simulation/report/verdict.ts";
import { createResult } from "../../support/simulation-result.ts";

const plain = (text: string | undefined) => text?.replaceAll("\u00a0", " ");

function describeTwo(ours: Parameters<typeof createResult>[1], other: typeof ours) {
  return plain(describeVerdict([createResult("ours", ours), createResult("native", other)]));
}

describe("the verdict of a comparison", () => {
  test("names the winner of waits, cost and interruptions with its figures", () => {
    const ours = { p95: 108, money: 193, interrupted: 0 };
    const native = { p95: 312, money: 346, interrupted: 1200 };
    // 1 - 193 / 346 = 44 %
    expect(describeTwo(ours, native)).toBe(
      "Jobs begin soonest with ours (95 % within 1m48s); ours costs least ($193, 44 % less than native); ours interrupts no job, native 1,200.",
    );
  });

  test("gives each its due if each wins something", () => {
    const ours = { p95: 108, money: 193, interrupted: 7 };
    const native = { p95: 30, money: 346, interrupted: 3 };
    expect(describeTwo(ours, native)).toBe(
      "Jobs begin soonest with native (95 % within 30 s); ours costs least ($193, 44 % less than native); native interrupts the fewest jobs (3), ours 7.",
    );
  });

  test("calls values within 2 % as good, and waits within a second", () => {
    const ours = { p95: 0.9, money: 100, interrupted: 0 };
    const native = { p95: 0, money: 101.9, interrupted: 0 };
    expect(describeTwo(ours, native)).toBe(
      "Jobs begin about as soon with each policy (95 % within a second); all cost about the same ($102); none interrupts a job.",
    );
  });

  test("names several winners, in the order of the policies", () => {
    const policies = [
      createResult("ours", { p95: 108, money: 193 }),
      createResult("reference", { p95: 107, money: 192 }),
      createResult("native", { p95: 312, money: 346 }),
    ];
    expect(plain(describeVerdict(policies))).toBe(
      "Jobs begin soonest with ours and reference (95 % within 1m48s); ours and reference cost least ($193, 44 % less than native); none interrupts a job.",
    );
  });

  test("leaves the ideal policy out, which nobody can follow", () => {
    const policies = [
      createResult("ours", { p95: 108, money: 193 }),
      createResult("native", { p95: 312, money: 346 }),
      createResult("ideal", { p95: 0, money: 1 }),
    ];
    expect(describeVerdict(policies)).not.toContain("ideal");
    expect(describeVerdict(policies.slice(1))).toBeUndefined();
  });

  test("is undefined if no job began", () => {
    const policies = [createResult("ours", { waitsMs: [] }), createResult("native")];
    expect(describeVerdict(policies)).toBeUndefined();
  });
});
