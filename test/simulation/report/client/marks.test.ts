import { describe, expect, test } from "vitest";
import {
  groupCloseMarks,
  mergeEvents,
  selectEvents,
} from "../../../../simulation/report/client/marks.ts";
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
    const selected = selectEvents({ fromMs: 20, toMs: 31 }, DECISIONS);
    expect(selected.map(({ atMs }) => atMs)).toEqual([20, 24, 31]);
  });

  test("are empty if the range has none", () => {
    expect(selectEvents({ fromMs: 32, toMs: 49 }, DECISIONS)).toEqual([]);
  });
});

describe("marks", () => {
  test("become one group if they are too close together", () => {
    const groups = groupCloseMarks(DECISIONS, 11);
    // 20 joins 10, because 10 < 11; 24 starts a new group and 31 joins it; 50 is alone
    expect(groups.map(({ events }) => events.map(({ atMs }) => atMs))).toEqual([
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

describe("decisions and interruptions", () => {
  test("become one list in the order of time", () => {
    const interruptions = [
      { atMs: 15, jobs: 2 },
      { atMs: 60, jobs: 1 },
    ];
    const events = mergeEvents({ decisions: DECISIONS, interruptions });
    expect(events.map(({ atMs }) => atMs)).toEqual([10, 15, 20, 24, 31, 50, 60]);
  });
});
