import { describe, expect, test } from "vitest";
import type { InstanceAnswer } from "../../../../functions/core/facts.ts";
import {
  type Candidate,
  cannotEverStop,
  chooseStops,
  describeChoice,
} from "../../../../functions/core/graceful/choose-stops.ts";
import { createAnswer } from "../../../support/graceful-poll.ts";

function candidate(id: string, jobs: number, rest: Partial<InstanceAnswer> = {}): Candidate {
  return { id, answer: createAnswer(jobs, rest) };
}

const SILENT: Candidate = { id: "i-silent", answer: undefined };
const WINDOWS = candidate("i-windows", 0, { platform: "windows" });
const NO_UNIT = candidate("i-unit", 0, { state: "not-found" });
const STARTING = candidate("i-starting", 0, { state: "activating" });

const ALL = { most: 10, mostBusy: 10 };

describe("the instances to stop", () => {
  const listIds = (candidates: Candidate[], limits = ALL) =>
    chooseStops(candidates, limits).map(({ id }) => id);

  test("are those with the fewest jobs, then those that are up longest, then by id", () => {
    const young = { uptimeSeconds: 60 };
    const candidates = [
      candidate("i-2", 2),
      candidate("i-d", 0, young),
      candidate("i-1", 1),
      candidate("i-c", 0),
      candidate("i-b", 0, young),
      candidate("i-a", 0),
    ];
    expect(listIds(candidates)).toEqual(["i-a", "i-c", "i-b", "i-d", "i-1", "i-2"]);
    expect(listIds(candidates.toReversed())).toEqual(["i-a", "i-c", "i-b", "i-d", "i-1", "i-2"]);
  });

  test("are at most so many, of which at most so many have jobs", () => {
    const candidates = [candidate("i-0", 0), candidate("i-1", 1), candidate("i-2", 2)];
    expect(listIds(candidates, { most: 2, mostBusy: 10 })).toEqual(["i-0", "i-1"]);
    expect(listIds(candidates, { most: 10, mostBusy: 1 })).toEqual(["i-0", "i-1"]);
    expect(listIds(candidates, { most: 10, mostBusy: 0 })).toEqual(["i-0"]);
  });

  test("are none if a limit is used up or exceeded", () => {
    const candidates = [candidate("i-0", 0), candidate("i-1", 1)];
    expect(listIds(candidates, { most: -1, mostBusy: 10 })).toEqual([]);
    expect(listIds(candidates, { most: 10, mostBusy: -1 })).toEqual(["i-0"]);
  });

  test("have answered, run Linux and have an active unit", () => {
    expect(listIds([SILENT, WINDOWS, NO_UNIT, STARTING, candidate("i-0", 0)])).toEqual(["i-0"]);
  });
});

test("instances can never stop if each that answered runs Windows or has no such unit", () => {
  expect(cannotEverStop([WINDOWS, NO_UNIT, SILENT])).toBe(true);
  expect(cannotEverStop([WINDOWS, candidate("i-0", 3)])).toBe(false);
  expect(cannotEverStop([NO_UNIT, STARTING])).toBe(false);
});

describe("the reason about a choice", () => {
  const describeStops = (candidates: Candidate[], limits = ALL, isDryRun = false) =>
    describeChoice(4, chooseStops(candidates, limits), candidates, isDryRun);

  test("names the instances with their jobs", () => {
    const candidates = [candidate("i-0", 0), candidate("i-1", 1), candidate("i-2", 2)];
    expect(describeStops(candidates)).toBe(
      "draining 3 of 4 surplus: i-0 idle, i-1 1 job, i-2 2 jobs",
    );
    expect(describeStops(candidates, ALL, true)).toMatch(/^would drain 3 of 4 surplus: i-0 idle/);
  });

  test("names at most five instances", () => {
    const candidates = ["a", "b", "c", "d", "e", "f", "g"].map((id) => candidate(id, 0));
    expect(describeStops(candidates.slice(0, 5))).toMatch(
      /: a idle, b idle, c idle, d idle, e idle$/,
    );
    expect(describeStops(candidates)).toBe(
      "draining 7 of 4 surplus: a idle, b idle, c idle, d idle, e idle, 2 more",
    );
  });

  test("says why the others stay", () => {
    const candidates = [
      WINDOWS,
      NO_UNIT,
      STARTING,
      SILENT,
      candidate("i-1", 1),
      candidate("i-2", 2),
    ];
    expect(describeStops(candidates, { most: 10, mostBusy: 1 })).toBe(
      "draining 1 of 4 surplus: i-1 1 job; 1 run Windows, which has no graceful stop; 1 have no such unit; 1 busy",
    );
    expect(describeStops(candidates, { most: 10, mostBusy: 0 })).toBe(
      "none of 4 surplus instances can drain; 1 run Windows, which has no graceful stop; 1 have no such unit; 2 busy",
    );
  });
});
