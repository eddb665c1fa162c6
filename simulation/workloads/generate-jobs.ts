import { type Distribution, sampleMs } from "../fleet/distribution.ts";
import type { Job } from "../fleet/options.ts";
import { type Random, sampleExponential, sampleWhole } from "../fleet/random.ts";

/** The queue and the time span of a workload. Times are epoch milliseconds. */
export interface Span {
  queue: string;
  fromMs: number;
  /** No job appears at or after this time. */
  toMs: number;
  random: Random;
}

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;

/** Single jobs at random times, at a constant rate. */
export interface SteadyOptions {
  jobsPerHour: number;
  durationSeconds: Distribution;
}

/** Generates single jobs at random times, in order. */
export function* generateSteadyJobs(
  { jobsPerHour, durationSeconds }: SteadyOptions,
  span: Span,
): Generator<Job> {
  const { queue, fromMs, toMs, random } = span;
  const meanMs = HOUR_MS / jobsPerHour;
  const gap = () => Math.max(1, Math.round(sampleExponential(meanMs, random)));
  for (let ms = fromMs + gap(); ms < toMs; ms += gap()) {
    yield { queue, scheduledMs: ms, durationMs: sampleMs(durationSeconds, random) };
  }
}

/** Many jobs at one time, then none until the next burst. */
export interface BurstOptions {
  everySeconds: number;
  /** From the start of the span to the first burst. */
  firstSeconds: number;
  jobs: { from: number; to: number };
  durationSeconds: Distribution;
}

/** Generates bursts of jobs, in order. */
export function* generateBursts(
  options: BurstOptions,
  { queue, fromMs, toMs, random }: Span,
): Generator<Job> {
  const { everySeconds, firstSeconds, jobs, durationSeconds } = options;
  const firstMs = fromMs + firstSeconds * SECOND_MS;
  for (let scheduledMs = firstMs; scheduledMs < toMs; scheduledMs += everySeconds * SECOND_MS) {
    for (let left = sampleWhole(jobs.from, jobs.to, random); left > 0; left -= 1) {
      yield { queue, scheduledMs, durationMs: sampleMs(durationSeconds, random) };
    }
  }
}

/** A team's working days: builds of many jobs from morning to evening, and a nightly run. */
export interface OfficeHoursOptions {
  people: number;
  /** Builds that one person starts per working day. */
  buildsPerDay: number;
  jobsPerBuild: { from: number; to: number };
  durationSeconds: Distribution;
  /** Jobs of the run at 02:00 UTC of every day, weekends included. */
  nightlyJobs: number;
}

/**
 * The share of a working day's builds that each hour (UTC) has: a slow start, a dip at noon, the most
 * in the afternoon, a few in the evening.
 */
const HOURLY_SHARES: readonly number[] = [
  0, 0, 0, 0, 0, 0, 0, 0.02, 0.06, 0.11, 0.13, 0.12, 0.07, 0.11, 0.13, 0.12, 0.08, 0.03, 0.01, 0.01,
  0, 0, 0, 0,
];

/** Builds of a weekend day, as a share of a working day's. */
const WEEKEND_SHARE = 0.05;

const NIGHTLY_HOUR = 2;

/** Generates the jobs of a team's days, in order. */
export function* generateOfficeHours(options: OfficeHoursOptions, span: Span): Generator<Job> {
  const firstHourMs = Math.floor(span.fromMs / HOUR_MS) * HOUR_MS;
  for (let hourMs = firstHourMs; hourMs < span.toMs; hourMs += HOUR_MS) {
    for (const scheduledMs of generateBuildStarts(hourMs, options, span)) {
      if (scheduledMs < span.fromMs || scheduledMs >= span.toMs) continue;
      yield* generateBuild(scheduledMs, options, span);
    }
    const isNightly = new Date(hourMs).getUTCHours() === NIGHTLY_HOUR;
    if (isNightly && hourMs >= span.fromMs) yield* generateNightlyRun(hourMs, options, span);
  }
}

/** Returns the times at which builds start within an hour, in order. */
function generateBuildStarts(
  hourMs: number,
  { people, buildsPerDay }: OfficeHoursOptions,
  { random }: Span,
): number[] {
  const date = new Date(hourMs);
  const isWeekend = date.getUTCDay() === 0 || date.getUTCDay() === 6;
  const share = (HOURLY_SHARES[date.getUTCHours()] ?? 0) * (isWeekend ? WEEKEND_SHARE : 1);
  const starts: number[] = [];
  if (share === 0) return starts;
  const meanMs = HOUR_MS / (people * buildsPerDay * share);
  const gap = () => Math.max(1, Math.round(sampleExponential(meanMs, random)));
  for (let ms = gap(); ms < HOUR_MS; ms += gap()) starts.push(hourMs + ms);
  return starts;
}

function* generateBuild(
  scheduledMs: number,
  options: OfficeHoursOptions,
  { queue, random }: Span,
): Generator<Job> {
  const { from, to } = options.jobsPerBuild;
  for (let left = sampleWhole(from, to, random); left > 0; left -= 1) {
    yield { queue, scheduledMs, durationMs: sampleMs(options.durationSeconds, random) };
  }
}

function* generateNightlyRun(
  scheduledMs: number,
  options: OfficeHoursOptions,
  { queue, random }: Span,
): Generator<Job> {
  for (let left = options.nightlyJobs; left > 0; left -= 1) {
    yield { queue, scheduledMs, durationMs: sampleMs(options.durationSeconds, random) };
  }
}
