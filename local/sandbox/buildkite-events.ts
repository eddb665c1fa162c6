import { randomUUID } from "node:crypto";

/** An event that Buildkite sends to Amazon EventBridge, as a rule and its targets see it. */
export interface BuildkiteEvent {
  version: "0";
  id: string;
  "detail-type": "Job Scheduled" | "Job Started" | "Job Finished";
  source: string;
  account: string;
  /** Whole seconds, RFC 3339. */
  time: string;
  region: string;
  resources: string[];
  detail: object;
}

/** A job of which an event tells. */
export interface AnnouncedJob {
  /** Absent: the job runs on the default queue of its cluster, and its step names none. */
  queue?: string | undefined;
  /** When an agent may take it, in epoch milliseconds. */
  scheduledMs: number;
}

/** The partner event source, and the name of its bus. */
export const EVENT_SOURCE =
  "aws.partner/buildkite.com/example/a98961b7-adc1-41aa-8726-cfb2c46e42e0";

const STATES = {
  "Job Scheduled": { state: "assigned", passed: false, exit_status: null },
  "Job Started": { state: "started", passed: false, exit_status: null },
  "Job Finished": { state: "passed", passed: true, exit_status: 0 },
};

/** Creates an event about a job, with the keys that Buildkite's documentation shows. */
export function createJobEvent(
  type: BuildkiteEvent["detail-type"],
  { queue, scheduledMs }: AnnouncedJob,
  atMs = scheduledMs,
): BuildkiteEvent {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": type,
    source: EVENT_SOURCE,
    account: "123456789012",
    time: formatSeconds(atMs),
    region: "us-east-1",
    resources: [],
    detail: {
      version: 1,
      job: {
        ...withGraphqlId("Job", randomUUID()),
        type: "script",
        label: ":nodejs: Test",
        step_key: "node_test",
        command: "yarn test",
        agent_query_rules: queue === undefined ? [] : [`queue=${queue}`],
        ...STATES[type],
        soft_failed: false,
        runnable_at: formatTime(scheduledMs),
        started_at: type === "Job Scheduled" ? null : formatTime(atMs),
        finished_at: type === "Job Finished" ? formatTime(atMs) : null,
        unblocked_by: null,
      },
      build: {
        ...withGraphqlId("Build", "8fcaa7b9-e175-4110-9f48-f79949806a31"),
        number: 123456,
        commit: "5a741616cdf07dc87c5adafe784321eeeb639e33",
        message: "Merge pull request #456 from my-org/chore/update-deps",
        branch: "main",
        state: "started",
        source: "webhook",
      },
      pipeline: {
        ...withGraphqlId("Pipeline", "88d73553-5533-4f56-9c16-fb38d7817d8f"),
        slug: "my-pipeline",
        repo: "git@somewhere.com:project.git",
      },
      organization: {
        ...withGraphqlId("Organization", "a98961b7-adc1-41aa-8726-cfb2c46e42e0"),
        slug: "example",
      },
    },
  };
}

function withGraphqlId(type: string, uuid: string) {
  return { uuid, graphql_id: Buffer.from(`${type}---${uuid}`).toString("base64") };
}

/** EventBridge's format: `2026-01-05T09:00:00Z`. */
function formatSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Buildkite's format: `2026-01-05 09:00:00 UTC`. */
function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
