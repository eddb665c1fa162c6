import { findNearestName, type Problem } from "../../functions/core/problems.ts";
import type { Job } from "../fleet/options.ts";
import {
  generateBursts,
  generateOfficeHours,
  generateSteadyJobs,
  type Span,
} from "./generate-jobs.ts";

/** One number of a workload that may be set. */
export interface WorkloadParameter {
  value: number;
  about: string;
}

/** A workload that comes with the project. */
export interface BuiltInWorkload {
  about: string;
  knobs: Readonly<Record<string, WorkloadParameter>>;
  jobs(numbers: ParameterValues, span: Span): Iterable<Job>;
}

/** The value of a knob. */
export type ParameterValues = (knob: string) => number;

const DURATION_PARAMETERS = {
  medianSeconds: { value: 120, about: "half of the jobs take less" },
  p95Seconds: { value: 900, about: "one job in twenty takes more" },
  mostSeconds: { value: 3600, about: "no job takes more" },
};

function readDuration(numbers: ParameterValues) {
  return {
    median: numbers("medianSeconds"),
    p95: numbers("p95Seconds"),
    most: numbers("mostSeconds"),
  };
}

/** The workloads by name, each for one queue. */
export const BUILT_IN_WORKLOADS: Readonly<Record<string, BuiltInWorkload>> = {
  "office-hours": {
    about:
      "a team's working days (UTC): builds from morning to evening, each of many jobs at once, and a nightly run at 02:00",
    knobs: {
      people: { value: 20, about: "in the team" },
      buildsPerDay: { value: 4, about: "builds a person starts on a working day" },
      jobsFrom: { value: 10, about: "least jobs of a build" },
      jobsTo: { value: 75, about: "most jobs of a build" },
      nightlyJobs: { value: 200, about: "jobs of the nightly run" },
      ...DURATION_PARAMETERS,
    },
    jobs: (numbers, span) =>
      generateOfficeHours(
        {
          people: numbers("people"),
          buildsPerDay: numbers("buildsPerDay"),
          jobsPerBuild: { from: numbers("jobsFrom"), to: numbers("jobsTo") },
          nightlyJobs: numbers("nightlyJobs"),
          durationSeconds: readDuration(numbers),
        },
        span,
      ),
  },
  steady: {
    about: "jobs one by one, at random, at the same rate all the time",
    knobs: { jobsPerHour: { value: 60, about: "on average" }, ...DURATION_PARAMETERS },
    jobs: (numbers, span) =>
      generateSteadyJobs(
        { jobsPerHour: numbers("jobsPerHour"), durationSeconds: readDuration(numbers) },
        span,
      ),
  },
  bursts: {
    about: "many jobs at one instant, then none for a while",
    knobs: {
      everySeconds: { value: 3600, about: "from one burst to the next" },
      jobsFrom: { value: 20, about: "least jobs of a burst" },
      jobsTo: { value: 60, about: "most jobs of a burst" },
      ...DURATION_PARAMETERS,
    },
    jobs: (numbers, span) =>
      generateBursts(
        {
          everySeconds: numbers("everySeconds"),
          firstSeconds: numbers("everySeconds") / 2,
          jobs: { from: numbers("jobsFrom"), to: numbers("jobsTo") },
          durationSeconds: readDuration(numbers),
        },
        span,
      ),
  },
  "rare-long": {
    about: "one long job, now and then",
    knobs: {
      everySeconds: { value: 43_200, about: "from one job to the next" },
      seconds: { value: 7200, about: "how long it takes" },
    },
    jobs: (numbers, span) =>
      generateBursts(
        {
          everySeconds: numbers("everySeconds"),
          firstSeconds: numbers("everySeconds") / 2,
          jobs: { from: 1, to: 1 },
          durationSeconds: numbers("seconds"),
        },
        span,
      ),
  },
};

/** Knobs as `name=value` texts set them; whatever is wrong with any is a problem. */
export function parseParameters(
  workload: BuiltInWorkload,
  settings: readonly string[],
): { numbers: ParameterValues; problems: Problem[] } {
  const set = new Map<string, number>();
  const problems: Problem[] = [];
  for (const setting of settings) {
    const [name = "", written = ""] = setting.split("=", 2);
    const what = findProblem(workload, name, written);
    if (what === undefined) set.set(name, Number(written));
    else problems.push({ where: `--set ${setting}`, what });
  }
  const numbers = (knob: string) => set.get(knob) ?? workload.knobs[knob]?.value ?? 0;
  return { numbers, problems: [...problems, ...findContradictions(numbers, workload)] };
}

function findProblem(
  { knobs }: BuiltInWorkload,
  name: string,
  written: string,
): string | undefined {
  if (!Object.hasOwn(knobs, name)) {
    const known = Object.keys(knobs);
    const meant = findNearestName(name, known);
    const hint = meant === undefined ? `known: ${known.join(", ")}` : `did you mean "${meant}"?`;
    return `"${name}" is not known here; ${hint}`;
  }
  const least = /^(nightlyJobs|jobsFrom|jobsTo)$/.test(name) ? 0 : Number.MIN_VALUE;
  const isFine = /^\d+(\.\d+)?$/.test(written) && Number(written) >= least;
  const allowed = least === 0 ? "a number of at least 0" : "a number above 0";
  return isFine ? undefined : `"${written}" is not allowed; allowed: ${allowed}`;
}

/** Pairs of which the first must not be the larger one. */
const ORDERED = [
  ["jobsFrom", "jobsTo"],
  ["medianSeconds", "p95Seconds"],
  ["p95Seconds", "mostSeconds"],
] as const;

function findContradictions(numbers: ParameterValues, { knobs }: BuiltInWorkload): Problem[] {
  return ORDERED.filter(
    ([low, high]) => low in knobs && high in knobs && numbers(low) > numbers(high),
  ).map(([low, high]) => ({
    where: `--set ${low}`,
    what: `${numbers(low)} is above ${high}, which is ${numbers(high)}`,
  }));
}
