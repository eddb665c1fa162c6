import { describe, expect, test } from "vitest";
import { describeRun } from "../../../simulation/report/headline.ts";
import { createResult } from "../../support/simulation-result.ts";

const WEEK = { fromMs: Date.parse("2026-01-05T00:00Z"), toMs: Date.parse("2026-01-12T00:00Z") };

function describeWeek(changes: Parameters<typeof createResult>[1]): string {
  return describeRun(createResult("ours", changes).measures, WEEK).replaceAll("\u00a0", " ");
}

describe("the headline of a run", () => {
  test("says how soon jobs began, how many were interrupted, what it cost and what was idle", () => {
    expect(describeWeek({ p95: 106, money: 206 })).toBe(
      "95 % of jobs began within 1m46s; none was interrupted; $206 for the week, 38 % of it idle.",
    );
  });

  test("counts interruptions and jobs that had not ended", () => {
    expect(describeWeek({ interrupted: 8299, unfinished: 12, p95: 0.4, money: 3.2 })).toBe(
      "95 % of jobs began within a second; 12 had not ended; 8,299 were interrupted; $3.20 for the week, 38 % of it idle.",
    );
    expect(describeWeek({ interrupted: 1 })).toContain("; one was interrupted;");
  });

  test("says so if no job began", () => {
    expect(describeWeek({ waitsMs: [] })).toMatch(/^No job began; /);
  });
});
