import { type Distribution, sampleMs } from "../fleet/distribution.ts";
import type { Job } from "../fleet/options.ts";
import { type Random, sampleExponential, sampleWhole } from "../fleet/random.ts";

/** For whom and for when jobs are made. Times are epoch milliseconds. */
export interface Span {
  queue: string;
  fromMs: number;
  /** No job comes from here on. */
  toMs: number;
  random: Random;
}

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;

/** Jobs that come one by one, at random but at the same rate all the time. */
export interface Steady {
  jobsPerHour: number;
  durationSeconds: Distribution;
}

export function* generateSteadyJobs(
  { jobsPerHour, durationSeconds }: Steady,
  span: Span,
): Generator<Job> {
  const { queue, fromMs, toMs, random } = span;
  const meanMs = HOUR_MS / jobsPerHour;
  const gap = () => Math.max(1, Math.round(sampleExponential(meanMs, random)));
  for (let ms = fromMs + gap(); ms < toMs; ms += gap()) {
    yield { queue, scheduledMs: ms, durationMs: sampleMs(durationSeconds, random) };
  }
}

/** Many jobs at one instant, then none for a while. */
export interface Bursts {
  everySeconds: number;
  /** The first one, after the start. */
  firstSeconds: number;
  jobs: { from: number; to: number };
  durationSeconds: Distribution;
}

export function* generateBursts(
  options: Bursts,
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

/** A team's working days: pushes from morning to evening, each a build of many jobs, and a nightly run. */
export interface OfficeHours {
  people: number;
  /** Builds that one person starts on a working day. */
  buildsPerDay: number;
  jobsPerBuild: { from: number; to: number };
  durationSeconds: Distribution;
  /** Jobs of the run at 02:00 of every day. */
  nightlyJobs: number;
}

/**
 * How busy each hour of a working day (UTC) is, as shares of the day: a slow start, a dip at noon,
 * the most in the afternoon, a little in the evening. Weekends have a twentieth of it.
 */
const HOURLY_SHARES: readonly number[] = [
  0, 0, 0, 0, 0, 0, 0, 0.02, 0.06, 0.11, 0.13, 0.12, 0.07, 0.11, 0.13, 0.12, 0.08, 0.03, 0.01, 0.01,
  0, 0, 0, 0,
];
const WEEKEND_SHARE = 0.05;
const NIGHTLY_HOUR = 2;

export function* generateOfficeHours(options: OfficeHours, span: Span): Generator<Job> {
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

/** When builds start within an hour, in order. The nightly run has its hour for itself. */
function generateBuildStarts(
  hourMs: number,
  { people, buildsPerDay }: OfficeHours,
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
  options: OfficeHours,
  { queue, random }: Span,
): Generator<Job> {
  const { from, to } = options.jobsPerBuild;
  for (let left = sampleWhole(from, to, random); left > 0; left -= 1) {
    yield { queue, scheduledMs, durationMs: sampleMs(options.durationSeconds, random) };
  }
}

function* generateNightlyRun(
  scheduledMs: number,
  options: OfficeHours,
  { queue, random }: Span,
): Generator<Job> {
  for (let left = options.nightlyJobs; left > 0; left -= 1) {
    yield { queue, scheduledMs, durationMs: sampleMs(options.durationSeconds, random) };
  }
}
