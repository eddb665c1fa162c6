import * as v from "valibot";
import type { Job } from "../fleet/options.ts";
import { formatValue, type JobCollector } from "./job-collector.ts";
import { type JsonDocument, splitJsonDocuments } from "./json-documents.ts";
import { parseTimeMs, TIME_PATTERN } from "./parse-time.ts";
import { decodeUtf8 } from "./utf8.ts";

/** Why a job of a build is skipped: each completes "N jobs left out: ...". */
export const SKIP_REASONS = {
  otherType: "not of the type script: no agent runs wait, block, input and trigger steps",
  notStarted: "never started",
  notFinished: "not finished",
  backwards: "finished before it started, according to its times",
  noTime: "no time at which it could run",
  noQueue: "no queue in its agent query rules, and no default queue is set",
  manyQueues: "more than one queue in its agent query rules",
  repeated: "a job with the same id was read before",
} as const;

type SkipReason = (typeof SKIP_REASONS)[keyof typeof SKIP_REASONS];

/** An RFC 3339 time, transformed to epoch milliseconds. */
const timeSchema = v.pipe(
  v.string(TIME_PATTERN),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const milliseconds = parseTimeMs(dataset.value);
    if (milliseconds !== undefined) return milliseconds;
    addIssue({ message: TIME_PATTERN });
    return NEVER;
  }),
);

const RULES = "a list of rules such as queue=default";

/**
 * The fields that are read of a job of Buildkite's REST API (Builds API, "Timestamp attributes"). Wait
 * and block steps have no times. The messages say what is allowed.
 */
const buildJobSchema = v.object(
  {
    id: v.nullish(v.string("the job's id")),
    type: v.string("the job's type, such as script"),
    agent_query_rules: v.nullish(v.array(v.string(RULES), RULES)),
    /** When the job was added to the build. */
    created_at: v.nullish(timeSchema),
    /** When the scheduler accepted the job; for a job that was added later, when its build was created. */
    scheduled_at: v.nullish(timeSchema),
    /** When an agent could take the job. */
    runnable_at: v.nullish(timeSchema),
    started_at: v.nullish(timeSchema),
    finished_at: v.nullish(timeSchema),
  },
  ({ expected }) => (expected === "Object" ? "a job" : "the job's type, such as script"),
);
type BuildJob = v.InferOutput<typeof buildJobSchema>;

const buildSchema = v.object({ jobs: v.array(v.unknown()) });
const errorAnswerSchema = v.object({ message: v.string() });
const BUILDS =
  "builds with their jobs, as GET /v2/organizations/ORG/builds returns them (without exclude_jobs)";

/** Reads builds of Buildkite's REST API from any number of files. A job that appears twice is read once. */
export class BuildsReader {
  readonly #into: JobCollector;
  readonly #defaultQueue: string | undefined;
  /** New builds move old ones to the next page between two requests, so the same job can be on two pages. */
  readonly #ids = new Set<string>();

  constructor(into: JobCollector, defaultQueue?: string) {
    this.#into = into;
    this.#defaultQueue = defaultQueue;
  }

  /**
   * Reads a file: a page (a list of builds), a list of pages, a single build, or several of these in a
   * row. Problems go to the collector.
   */
  read(bytes: Buffer, file: string): void {
    for (const document of splitJsonDocuments(bytes)) {
      const location = `${file}:${document.line}`;
      const parsed = parseDocument(document);
      if ("data" in parsed) this.#readBuilds(parsed.data, location, "");
      else this.#addProblem(location, `${parsed.what}; allowed: ${BUILDS}`);
    }
  }

  #readBuilds(data: unknown, location: string, path: string): void {
    if (Array.isArray(data)) {
      for (const [index, each] of data.entries()) {
        this.#readBuilds(each, location, `${path}[${index}]`);
      }
    } else if (v.is(buildSchema, data)) {
      for (const [index, job] of data.jobs.entries()) {
        this.#readJob(job, () => `${location}: ${path}${path && "."}jobs[${index}]`);
      }
    } else this.#addProblem(path === "" ? location : `${location}: ${path}`, describeNoBuild(data));
  }

  #readJob(data: unknown, where: () => string): void {
    const { success, output, issues } = v.safeParse(buildJobSchema, data);
    if (success) this.#add(output);
    else
      for (const issue of issues)
        this.#addProblem(locateField(where(), issue), describeIssue(issue));
  }

  #add(buildJob: BuildJob): void {
    const { id } = buildJob;
    const isRepeated = typeof id === "string" && this.#ids.has(id);
    const read = isRepeated ? SKIP_REASONS.repeated : toJob(buildJob, this.#defaultQueue);
    if (typeof read === "string") {
      this.#into.skip(read);
      return;
    }
    if (typeof id === "string") this.#ids.add(id);
    this.#into.jobs.push(read);
  }

  #addProblem(where: string, what: string): void {
    this.#into.problems.push({ where, what });
  }
}

function parseDocument({ bytes }: JsonDocument): { data: unknown } | { what: string } {
  const decoded = decodeUtf8(bytes);
  if ("what" in decoded) return decoded;
  // Not tryParseJson: the parser's message says where the JSON is broken.
  try {
    const data: unknown = JSON.parse(decoded.text);
    return { data };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The message quotes the input, line breaks included.
    return { what: `is not JSON (${error.message.replaceAll(/\s+/g, " ")})` };
  }
}

function describeNoBuild(data: unknown): string {
  const what = v.is(errorAnswerSchema, data)
    ? `Buildkite's answer was ${formatValue(data.message)}`
    : "there is no build with jobs";
  return `${what}; allowed: ${BUILDS}`;
}

function locateField(where: string, issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue);
  return field === null ? where : `${where}.${field}`;
}

function describeIssue({ input, message }: v.BaseIssue<unknown>): string {
  const what = input === undefined ? "is missing" : `${formatValue(input)} is not allowed`;
  return `${what}; allowed: ${message}`;
}

/**
 * Converts a job to the simulator's, or returns why it is skipped. A job that was canceled or retried
 * counts if it ran, because it kept an agent busy.
 */
function toJob(job: BuildJob, defaultQueue: string | undefined): Job | SkipReason {
  if (job.type !== "script") return SKIP_REASONS.otherType;
  const durationMs = readDurationMs(job);
  if (typeof durationMs === "string") return durationMs;
  const queue = findQueue(job.agent_query_rules ?? [], defaultQueue);
  if ("skipped" in queue) return queue.skipped;
  const scheduledMs = readScheduledMs(job);
  if (scheduledMs === undefined) return SKIP_REASONS.noTime;
  const waitingSinceMs = job.created_at ?? scheduledMs;
  const isHeld = waitingSinceMs < scheduledMs;
  return { queue: queue.name, scheduledMs, durationMs, ...(isHeld && { waitingSinceMs }) };
}

function readDurationMs({ started_at, finished_at }: BuildJob): number | SkipReason {
  if (typeof started_at !== "number") return SKIP_REASONS.notStarted;
  if (typeof finished_at !== "number") return SKIP_REASONS.notFinished;
  return finished_at < started_at ? SKIP_REASONS.backwards : finished_at - started_at;
}

/**
 * Returns when an agent could take the job, in epoch milliseconds: `runnable_at`. Without it, the time
 * is `scheduled_at`, but not earlier than `created_at`: for a job that a pipeline upload added,
 * `scheduled_at` is the time of the build.
 */
function readScheduledMs({ runnable_at, scheduled_at, created_at }: BuildJob): number | undefined {
  if (typeof runnable_at === "number") return runnable_at;
  if (typeof scheduled_at !== "number") return undefined;
  return Math.max(scheduled_at, created_at ?? scheduled_at);
}

const QUEUE_RULE = "queue=";

function findQueue(
  rules: readonly string[],
  defaultQueue: string | undefined,
): { name: string } | { skipped: SkipReason } {
  const [first, ...others] = rules.filter((rule) => rule.startsWith(QUEUE_RULE));
  if (others.length > 0) return { skipped: SKIP_REASONS.manyQueues };
  const name = first?.slice(QUEUE_RULE.length) ?? defaultQueue;
  return name === undefined ? { skipped: SKIP_REASONS.noQueue } : { name };
}
