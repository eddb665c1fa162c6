import { describe, expect, test } from "vitest";
import type { Job } from "../../../simulation/fleet/options.ts";
import { randomStream } from "../../../simulation/fleet/random.ts";
import {
  generateBursts,
  generateOfficeHours,
  generateSteadyJobs,
  type Span,
} from "../../../simulation/workloads/generate-jobs.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Monday. */
const MONDAY_MS = Date.parse("2026-01-05T00:00:00Z");

function span(hours: number, { fromMs = MONDAY_MS, seed = 1 } = {}): Span {
  const random = randomStream(seed, "workload");
  return { queue: "default", fromMs, toMs: fromMs + hours * HOUR_MS, random };
}

const TEAM = {
  people: 50,
  buildsPerDay: 8,
  jobsPerBuild: { from: 5, to: 15 },
  durationSeconds: { from: 60, to: 180 },
  nightlyJobs: 200,
};

const WORKLOADS = {
  steady: (within: Span) =>
    generateSteadyJobs({ jobsPerHour: 120, durationSeconds: { from: 5, to: 9 } }, within),
  bursts: (within: Span) =>
    generateBursts(
      {
        everySeconds: 600,
        firstSeconds: 30,
        jobs: { from: 2, to: 6 },
        durationSeconds: { from: 5, to: 9 },
      },
      within,
    ),
  "office hours": (within: Span) => generateOfficeHours(TEAM, within),
};

function computeMean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function hourOfDay({ scheduledMs }: Job): number {
  return new Date(scheduledMs).getUTCHours();
}

describe.each(Object.entries(WORKLOADS))("a workload of %s", (_, jobsWithin) => {
  const jobs = [...jobsWithin(span(48))];
  const times = jobs.map(({ scheduledMs }) => scheduledMs);

  test("has jobs for its queue, in the order of appearance", () => {
    expect(jobs.length).toBeGreaterThan(100);
    expect(new Set(jobs.map(({ queue }) => queue))).toEqual(new Set(["default"]));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(jobs.every(({ durationMs }) => Number.isSafeInteger(durationMs))).toBe(true);
  });

  test("stays within its span, which can begin at any minute", () => {
    const fromMs = MONDAY_MS + 13.51 * HOUR_MS;
    const within = span(24, { fromMs });
    const inside = [...jobsWithin(within)].map(({ scheduledMs }) => scheduledMs);
    expect(inside.length).toBeGreaterThan(50);
    expect(Math.min(...inside)).toBeGreaterThanOrEqual(fromMs);
    expect(Math.max(...inside)).toBeLessThan(within.toMs);
  });

  test("has the same jobs for the same seed, and others for another seed", () => {
    expect([...jobsWithin(span(48))]).toEqual(jobs);
    expect([...jobsWithin(span(48, { seed: 2 }))]).not.toEqual(jobs);
  });

  test("has no jobs in an empty span", () => {
    expect([...jobsWithin(span(0))]).toEqual([]);
  });
});

describe("steady jobs", () => {
  test("appear at the rate and with the durations that are set", () => {
    const jobs = [...WORKLOADS.steady(span(100))];
    // 12,000 expected, with a deviation of root(12,000) = 110.
    expect(Math.abs(jobs.length - 12_000)).toBeLessThan(400);
    const durations = jobs.map(({ durationMs }) => durationMs);
    expect(Math.abs(computeMean(durations) / 7000 - 1)).toBeLessThan(0.02); // (5 + 9) / 2
    expect([Math.min(...durations) >= 5000, Math.max(...durations) <= 9000]).toEqual([true, true]);
  });

  test("appear at a constant rate", () => {
    const byHour = Map.groupBy(WORKLOADS.steady(span(240)), hourOfDay);
    // 10 days x 120 = 1,200 in each hour of the day, with a deviation of 35.
    expect(byHour.size).toBe(24);
    for (const { length } of byHour.values()) expect(Math.abs(length - 1200)).toBeLessThan(150);
  });
});

describe("bursts", () => {
  test("appear at the times that are set, each with several jobs at one time", () => {
    const byTime = Map.groupBy(WORKLOADS.bursts(span(1)), ({ scheduledMs }) => scheduledMs);
    const seconds = [...byTime.keys()].map((ms) => (ms - MONDAY_MS) / 1000);
    expect(seconds).toEqual([30, 630, 1230, 1830, 2430, 3030]); // 30 + k x 600, below 3,600
    for (const { length } of byTime.values()) expect([2, 3, 4, 5, 6]).toContain(length);
  });

  test("have every allowed number of jobs", () => {
    const byTime = Map.groupBy(WORKLOADS.bursts(span(100)), ({ scheduledMs }) => scheduledMs);
    const sizes = [...byTime.values()].map(({ length }) => length);
    expect([...new Set(sizes)].sort()).toEqual([2, 3, 4, 5, 6]);
    expect(Math.abs(computeMean(sizes) - 4)).toBeLessThan(0.3); // (2 + 6) / 2
  });

  test("appear once if the interval is infinite", () => {
    const once = { everySeconds: Number.POSITIVE_INFINITY, firstSeconds: 5 };
    const jobs = [
      ...generateBursts({ ...once, jobs: { from: 3, to: 3 }, durationSeconds: 1 }, span(9)),
    ];
    expect(jobs.map(({ scheduledMs }) => scheduledMs - MONDAY_MS)).toEqual([5000, 5000, 5000]);
  });
});

describe("office hours", () => {
  const isNightly = (job: Job) => hourOfDay(job) === 2;
  const week = [...generateOfficeHours(TEAM, span(7 * 24))];
  const dayNumber = ({ scheduledMs }: Job) => Math.floor((scheduledMs - MONDAY_MS) / DAY_MS);

  test("have builds on every working day, and a twentieth of them on weekend days", () => {
    const builds = week.filter((job) => !isNightly(job));
    const byDay = Map.groupBy(builds, dayNumber);
    const working = [0, 1, 2, 3, 4].map((day) => byDay.get(day)?.length ?? 0);
    // 50 people x 8 builds x 10 jobs = 4,000 jobs; 400 builds deviate by 5 %, their mean of 5 days by 2.
    expect(Math.abs(computeMean(working) / 4000 - 1)).toBeLessThan(0.09);
    const weekend = [5, 6].map((day) => byDay.get(day)?.length ?? 0);
    // 0.05 x 4,000 = 200 jobs of 20 builds a day.
    expect(Math.abs(computeMean(weekend) / 200 - 1)).toBeLessThan(0.6);
  });

  test("have a run at 02:00 of every day, weekends included", () => {
    const nightly = Map.groupBy(week.filter(isNightly), ({ scheduledMs }) => scheduledMs);
    expect([...nightly.keys()]).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((day) => MONDAY_MS + day * DAY_MS + 2 * HOUR_MS),
    );
    expect([...nightly.values()].map(({ length }) => length)).toEqual(Array(7).fill(200));
  });

  test("have no nightly run before the start of the span", () => {
    const fromMs = MONDAY_MS + 2.5 * HOUR_MS;
    expect([...generateOfficeHours(TEAM, span(20, { fromMs }))].filter(isNightly)).toEqual([]);
  });

  test("are busiest in the afternoon and quiet at night", () => {
    const month = generateOfficeHours({ ...TEAM, nightlyJobs: 0 }, span(28 * 24));
    const byHour = Map.groupBy(month, hourOfDay);
    const at = (hour: number) => byHour.get(hour)?.length ?? 0;
    expect([0, 1, 2, 3, 4, 5, 6, 20, 21, 22, 23].map(at)).toEqual(Array(11).fill(0));
    // 20 working days of 4,000 jobs and 8 days of 200: 81,600 jobs, of which 13 % at 14:00.
    expect(Math.abs(at(14) / 10_608 - 1)).toBeLessThan(0.1);
    expect(Math.abs(at(12) / 5712 - 1)).toBeLessThan(0.15); // 7 %: the dip at noon.
  });

  test("start all jobs of a build at one time, as many as are set", () => {
    const builds = Map.groupBy(
      week.filter((job) => !isNightly(job)),
      ({ scheduledMs }) => scheduledMs,
    );
    const sizes = [...builds.values()].map(({ length }) => length);
    expect(Math.min(...sizes)).toBe(5);
    expect(Math.max(...sizes)).toBe(15);
  });
});
