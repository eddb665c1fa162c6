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

describe("the decisions of a time range", () => {
  test("include both ends of the range", () => {
    const selected = selectDecisions({ fromMs: 20, toMs: 31 }, DECISIONS);
    expect(selected.map(({ atMs }) => atMs)).toEqual([20, 24, 31]);
  });

  test("are empty if the range has none", () => {
    expect(selectDecisions({ fromMs: 32, toMs: 49 }, DECISIONS)).toEqual([]);
  });
});

describe("marks", () => {
  test("become one group if they are too close together", () => {
    const groups = groupCloseMarks(DECISIONS, 11);
    // 20 joins 10, because 10 < 11; 24 starts a new group and 31 joins it; 50 is alone
    expect(groups.map(({ decisions }) => decisions.map(({ atMs }) => atMs))).toEqual([
      [10, 20],
      [24, 31],
      [50],
    ]);
    expect(groups.map(({ atMs }) => atMs)).toEqual([10, 24, 50]);
  });

  test("stay separate if they are far enough apart", () => {
    expect(groupCloseMarks(DECISIONS, 4)).toHaveLength(5);
  });
});
