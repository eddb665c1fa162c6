import { describe, expect, test } from "vitest";
import { formatRunSummary, isSuccess, type RunTally } from "../../../cli/terminal/run-summary.ts";

const TALLY: RunTally = {
  startedMs: Date.parse("2026-01-05T09:00:00.900Z"),
  seconds: 179.6,
  polls: 18,
  beats: 18,
  eventPolls: 0,
  echoes: 0,
  scaleOuts: 1,
  scaleIns: 2,
  drains: 0,
  draining: 0,
  held: 0,
  refused: 0,
  failed: 0,
};

describe("the summary of a run", () => {
  test("has the rounded duration, the polls and the decisions", () => {
    expect(formatRunSummary(TALLY)).toEqual([
      "ran for         3m, from 2026-01-05T09:00:00Z to 2026-01-05T09:03:00Z",
      "polls           18",
      "decisions       1 scale-out, 2 scale-ins",
    ]);
  });

  test("says what began the polls, if events began some", () => {
    const tally = { ...TALLY, beats: 10, eventPolls: 5, echoes: 3 };
    expect(formatRunSummary(tally)[1]).toBe(
      "polls           18: 10 on the beat, 5 after an event, 3 as its echo",
    );
  });

  test("counts faults of each kind", () => {
    expect(formatRunSummary({ ...TALLY, held: 3, refused: 1, failed: 2 }).at(-1)).toBe(
      "decisions       1 scale-out, 2 scale-ins, 3 held by a fault, 1 refused, 2 steps failed",
    );
  });

  test("says that a dry run wrote nothing", () => {
    expect(formatRunSummary(TALLY, true).at(-1)).toBe(
      "decisions       1 scale-out, 2 scale-ins; dry run: nothing was written",
    );
  });
});

test("the summary of a run says how many instances were told to stop, if any were", () => {
  expect(formatRunSummary({ ...TALLY, drains: 5, draining: 2 }).at(-1)).toBe(
    "drains          5 instances told to stop, 2 still draining",
  );
});

test("a run is a success if nothing was held, refused or failed", () => {
  expect(isSuccess(TALLY)).toBe(true);
  for (const fault of ["held", "refused", "failed"])
    expect(isSuccess({ ...TALLY, [fault]: 1 })).toBe(false);
});
