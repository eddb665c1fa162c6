import { describe, expect, test } from "vitest";
import { formatSummary, type TryoutTally } from "../../../cli/try/summary.ts";
import type { CallRecord } from "../../../local/sandbox/server.ts";
import { createFleet, createGroupOptions, createJob, msAfterStart } from "../../support/fleet.ts";

function call(service: CallRecord["service"], action: string): CallRecord {
  return { atMs: msAfterStart(1), service, action, subject: "", userAgent: "" };
}

const CALLS = [
  call("Buildkite", "GET /metrics"),
  call("AutoScaling", "SetDesiredCapacity"),
  call("AutoScaling", "SetDesiredCapacity"),
  call("Buildkite", "GET /metrics/queue"),
];

function formatTally(tally: Partial<TryoutTally> = {}): string[] {
  const results = createFleet([createGroupOptions()]).results();
  const causes = { beats: 18, eventPolls: 0, echoes: 0 };
  const decisions = { ...causes, scaleOuts: 1, scaleIns: 2, drains: 0, draining: 0 };
  const faults = { held: 0, refused: 0, failed: 0 };
  return formatSummary({
    startedMs: Date.parse("2026-01-05T09:00:00.900Z"),
    seconds: 179.6,
    polls: 18,
    ...decisions,
    ...faults,
    calls: CALLS,
    results,
    ...tally,
  });
}

describe("the summary of a tryout", () => {
  test("has the totals of the loop", () => {
    expect(formatTally()).toEqual([
      "ran for         3m, from 2026-01-05T09:00:00Z to 2026-01-05T09:03:00Z", // 179.6 s, rounded
      "polls           18",
      "decisions       1 scale-out, 2 scale-ins",
      "jobs            0 finished, 0 still running, 0 still waiting, 0 interrupted by a scale-in",
      "waits           none: no job has begun",
      "instance-hours  0.00",
      "calls           Buildkite metrics 2, SetDesiredCapacity 2",
    ]);
  });

  test("counts held decisions", () => {
    expect(formatTally({ held: 3 })).toContain(
      "decisions       1 scale-out, 2 scale-ins, 3 held by a fault",
    );
  });

  test("has the totals of jobs and instances", () => {
    const jobs = [0, 0, 0, 0].map((seconds) => createJob(seconds, 900));
    const fleet = createFleet([createGroupOptions({ desired: 2 })], jobs);
    fleet.advanceTo(msAfterStart(2700));
    // Two at a time: waits 0, 0, 900, 900. Instances: 2 x 2,700 s = 1.5 h. All end by 1,800 s.
    expect(formatTally({ results: fleet.results() }).slice(3, 6)).toEqual([
      "jobs            4 finished, 0 still running, 0 still waiting, 0 interrupted by a scale-in",
      "waits           0.0 s p50, 900.0 s p95",
      "instance-hours  1.50",
    ]);
  });

  test("does not count an interrupted job that waits to start again as running", () => {
    const jobs = [0, 0, 0].map((seconds) => createJob(seconds, 900));
    const fleet = createFleet([createGroupOptions({ desired: 2 })], jobs);
    fleet.advanceTo(msAfterStart(60));
    fleet.setDesiredCapacity("web", 1);
    // Three jobs, two started, one of them was interrupted: one runs, two wait.
    expect(formatTally({ results: fleet.results() })[3]).toBe(
      "jobs            0 finished, 1 still running, 2 still waiting, 1 interrupted by a scale-in",
    );
  });
});
