import { findNearestName, type Problem } from "../../functions/core/problems.ts";
import type { Job } from "../fleet/options.ts";
import {
  generateBursts,
  generateOfficeHours,
  generateSteadyJobs,
  type Span,
} from "./generate-jobs.ts";

/** A number of a workload that a user can set. */
export interface WorkloadParameter {
  /** The default. */
  value: number;
  about: string;
}

/** A workload that comes with the project, for one queue. */
export interface BuiltInWorkload {
  about: string;
  parameters: Readonly<Record<string, WorkloadParameter>>;
  jobs(values: ParameterValues, span: Span): Iterable<Job>;
}

/** Returns the value of a parameter. */
export type ParameterValues = (name: string) => number;

const DURATION_PARAMETERS = {
  medianSeconds: { value: 120, about: "median duration of a job" },
  p95Seconds: { value: 900, about: "95th percentile of the duration" },
  mostSeconds: { value: 3600, about: "maximum duration" },
};

function readDuration(values: ParameterValues) {
  return {
    median: values("medianSeconds"),
    p95: values("p95Seconds"),
    most: values("mostSeconds"),
  };
}

/** The workloads by name, each for one queue. */
export const BUILT_IN_WORKLOADS: Readonly<Record<string, BuiltInWorkload>> = {
  "office-hours": {
    about:
      "a team's working days (UTC): builds from morning to evening, each of many jobs at once, and a nightly run at 02:00",
    parameters: {
      people: { value: 20, about: "team size" },
      buildsPerDay: { value: 4, about: "builds per person and working day" },
      jobsFrom: { value: 10, about: "minimum jobs of a build" },
      jobsTo: { value: 75, about: "maximum jobs of a build" },
      nightlyJobs: { value: 200, about: "jobs of the nightly run" },
      ...DURATION_PARAMETERS,
    },
    jobs: (values, span) =>
      generateOfficeHours(
        {
          people: values("people"),
          buildsPerDay: values("buildsPerDay"),
          jobsPerBuild: { from: values("jobsFrom"), to: values("jobsTo") },
          nightlyJobs: values("nightlyJobs"),
          durationSeconds: readDuration(values),
        },
        span,
      ),
  },
  steady: {
    about: "single jobs at random times, at a constant rate",
    parameters: { jobsPerHour: { value: 60, about: "average rate" }, ...DURATION_PARAMETERS },
    jobs: (values, span) =>
      generateSteadyJobs(
        { jobsPerHour: values("jobsPerHour"), durationSeconds: readDuration(values) },
        span,
      ),
  },
  bursts: {
    about: "many jobs at one time, then none until the next burst",
    parameters: {
      everySeconds: { value: 3600, about: "time between two bursts" },
      jobsFrom: { value: 20, about: "minimum jobs of a burst" },
      jobsTo: { value: 60, about: "maximum jobs of a burst" },
      ...DURATION_PARAMETERS,
    },
    jobs: (values, span) =>
      generateBursts(
        {
          everySeconds: values("everySeconds"),
          firstSeconds: values("everySeconds") / 2,
          jobs: { from: values("jobsFrom"), to: values("jobsTo") },
          durationSeconds: readDuration(values),
        },
        span,
      ),
  },
  "rare-long": {
    about: "one long job at a time, far apart",
    parameters: {
      everySeconds: { value: 43_200, about: "time between two jobs" },
      seconds: { value: 7200, about: "duration of a job" },
    },
    jobs: (values, span) =>
      generateBursts(
        {
          everySeconds: values("everySeconds"),
          firstSeconds: values("everySeconds") / 2,
          jobs: { from: 1, to: 1 },
          durationSeconds: values("seconds"),
        },
        span,
      ),
  },
};

/** Parses parameters written as `name=value`. Returns the values with defaults filled in, and every problem. */
export function parseParameters(
  workload: BuiltInWorkload,
  settings: readonly string[],
): { values: ParameterValues; problems: Problem[] } {
  const parsed = new Map<string, number>();
  const problems: Problem[] = [];
  for (const setting of settings) {
    const [name = "", written = ""] = setting.split("=", 2);
    const what = findProblem(workload, name, written);
    if (what === undefined) parsed.set(name, Number(written));
    else problems.push({ where: `--set ${setting}`, what });
  }
  const values = (name: string) => parsed.get(name) ?? workload.parameters[name]?.value ?? 0;
  return { values, problems: [...problems, ...findContradictions(values, workload)] };
}

function findProblem(
  { parameters }: BuiltInWorkload,
  name: string,
  written: string,
): string | undefined {
  if (!Object.hasOwn(parameters, name)) {
    const known = Object.keys(parameters);
    const meant = findNearestName(name, known);
    const hint = meant === undefined ? `known: ${known.join(", ")}` : `did you mean "${meant}"?`;
    return `"${name}" is not known here; ${hint}`;
  }
  const least = /^(nightlyJobs|jobsFrom|jobsTo)$/.test(name) ? 0 : Number.MIN_VALUE;
  const isFine = /^\d+(\.\d+)?$/.test(written) && Number(written) >= least;
  const allowed = least === 0 ? "a number of at least 0" : "a number above 0";
  return isFine ? undefined : `"${written}" is not allowed; allowed: ${allowed}`;
}

/** Pairs of parameters. The first must not be larger than the second. */
const ORDERED = [
  ["jobsFrom", "jobsTo"],
  ["medianSeconds", "p95Seconds"],
  ["p95Seconds", "mostSeconds"],
] as const;

function findContradictions(values: ParameterValues, { parameters }: BuiltInWorkload): Problem[] {
  return ORDERED.filter(
    ([low, high]) => low in parameters && high in parameters && values(low) > values(high),
  ).map(([low, high]) => ({
    where: `--set ${low}`,
    what: `${values(low)} is above ${high}, which is ${values(high)}`,
  }));
}
