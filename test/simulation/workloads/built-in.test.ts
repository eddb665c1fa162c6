import { describe, expect, test } from "vitest";
import { randomStream } from "../../../simulation/fleet/random.ts";
import { BUILT_IN_WORKLOADS, parseParameters } from "../../../simulation/workloads/built-in.ts";

const MONDAY_MS = Date.parse("2026-01-05T00:00:00Z");
const DAY_MS = 86_400_000;

function generateJobs(name: string, settings: string[], days: number) {
  const workload = BUILT_IN_WORKLOADS[name];
  if (workload === undefined) throw new RangeError(name);
  const { values, problems } = parseParameters(workload, settings);
  expect(problems).toEqual([]);
  const span = { queue: "web", fromMs: MONDAY_MS, toMs: MONDAY_MS + days * DAY_MS };
  return [...workload.jobs(values, { ...span, random: randomStream(1, name) })];
}

describe.each(Object.keys(BUILT_IN_WORKLOADS))("%s", (name) => {
  test("has jobs in order, within its span and for its queue", () => {
    const jobs = generateJobs(name, [], 7);
    const times = jobs.map(({ scheduledMs }) => scheduledMs);
    expect(times.length).toBeGreaterThan(0);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(MONDAY_MS);
    expect(times.at(-1)).toBeLessThan(MONDAY_MS + 7 * DAY_MS);
    expect(new Set(jobs.map(({ queue }) => queue))).toEqual(new Set(["web"]));
  });
});

test("a team of twenty works by day, little at weekends, and has a nightly run", () => {
  const hours = Map.groupBy(generateJobs("office-hours", [], 7), ({ scheduledMs }) => {
    const date = new Date(scheduledMs);
    const isWeekend = date.getUTCDay() === 0 || date.getUTCDay() === 6;
    return `${isWeekend ? "weekend" : "weekday"} ${date.getUTCHours()}`;
  });
  const countJobs = (hour: string) => hours.get(hour)?.length ?? 0;
  expect(countJobs("weekday 2")).toBe(5 * 200); // nightlyJobs on five days
  expect(countJobs("weekend 2")).toBe(2 * 200);
  expect(countJobs("weekday 23")).toBe(0);
  expect(countJobs("weekday 10")).toBeGreaterThan(countJobs("weekday 18"));
  expect(countJobs("weekday 10")).toBeGreaterThan(10 * countJobs("weekend 10"));
});

test("the number of jobs follows from the parameters", () => {
  // 20 people x 4 builds x 42.5 jobs on average = 3,400 jobs a working day, and 200 in the night.
  const jobs = generateJobs("office-hours", [], 5);
  expect(jobs.length / 5).toBeGreaterThan(3600 * 0.85);
  expect(jobs.length / 5).toBeLessThan(3600 * 1.15);
});

test("half of the jobs take less than the median, one in twenty more than p95, none more than mostSeconds", () => {
  const settings = ["jobsPerHour=2000", "medianSeconds=60", "p95Seconds=300", "mostSeconds=900"];
  const jobs = generateJobs("steady", settings, 1);
  const share = (seconds: number) =>
    jobs.filter(({ durationMs }) => durationMs > seconds * 1000).length / jobs.length;
  expect(share(60)).toBeCloseTo(0.5, 1);
  expect(share(300)).toBeCloseTo(0.05, 2);
  expect(share(900)).toBe(0);
});

test("rare-long has one long job at a time", () => {
  expect(generateJobs("rare-long", ["everySeconds=3600", "seconds=600"], 1 / 8)).toEqual(
    [1800, 5400, 9000].map((seconds) => ({
      queue: "web",
      scheduledMs: MONDAY_MS + seconds * 1000,
      durationMs: 600_000,
    })),
  );
});
