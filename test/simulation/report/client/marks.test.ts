import { describe, expect, test } from "vitest";
import { groupCloseMarks, selectDecisions } from "../../../../simulation/report/client/marks.ts";
import type { TracedDecision } from "../../../../simulation/trace.ts";

const at = (atMs: number): TracedDecision => ({
  atMs,
  action: "scale-out",
  from: 0,
  to: 1,
  reasons: [],
});
const DECISIONS = [at(10), at(20), at(24), at(31), at(50)];

describe("decisions in view", () => {
  test("are those within the span, both ends included", () => {
    const found = selectDecisions({ fromMs: 20, toMs: 31 }, DECISIONS);
    expect(found.map(({ atMs }) => atMs)).toEqual([20, 24, 31]);
  });

  test("may be none", () => {
    expect(selectDecisions({ fromMs: 32, toMs: 49 }, DECISIONS)).toEqual([]);
  });
});

describe("marks that would touch", () => {
  test("become one, which has them all", () => {
    const groups = groupCloseMarks(DECISIONS, 11);
    // 20 joins 10, since 10 apart is closer than 11; 24 begins anew and 31 joins it; 50 is alone
    expect(groups.map(({ decisions }) => decisions.map(({ atMs }) => atMs))).toEqual([
      [10, 20],
      [24, 31],
      [50],
    ]);
    expect(groups.map(({ atMs }) => atMs)).toEqual([10, 24, 50]);
  });

  test("stay apart where there is room", () => {
    expect(groupCloseMarks(DECISIONS, 4)).toHaveLength(5);
  });
});
