import { EMPTY_QUEUE, type JobCounts, sumQueues } from "../../../functions/core/facts.ts";
import type { World } from "../../../simulation/fleet/world.ts";
import { type Answer, type Call, type IncomingRequest, jsonAnswer } from "./exchange.ts";

/** How the sandbox's Buildkite answers. The settings may change while it runs. */
export interface BuildkiteSettings {
  /** The only agent token that it accepts. */
  token: string;
  /** The header `Buildkite-Agent-Metrics-Poll-Duration`. Absent: no header. */
  pollDurationSeconds?: number | undefined;
  /** The age of its answers, according to their date header. */
  ageSeconds?: number | undefined;
}

const PREFIX = "/v3/";

/** Parses a request to the metrics API; undefined if it is another kind of request. */
export function parseBuildkiteCall({ url }: IncomingRequest): Call | undefined {
  if (!url.pathname.startsWith(PREFIX)) return undefined;
  const action = url.pathname.slice(PREFIX.length);
  return { service: "Buildkite", action, subject: url.searchParams.get("name") ?? "" };
}

/** Answers as `GET /v3/metrics` and `GET /v3/metrics/queue?name=` do. */
export function answerBuildkite(
  { headers }: IncomingRequest,
  { action, subject }: Call,
  world: World,
  settings: BuildkiteSettings,
  nowMs: number,
): Answer {
  if (headers.authorization !== `Token ${settings.token}`) {
    return jsonAnswer(401, {
      message: "Authentication required. Please supply a valid agent token.",
    });
  }
  const source = { organization: { slug: world.organization }, cluster: { name: world.cluster } };
  const extraHeaders = createHeaders(settings, nowMs);
  if (action === "metrics/queue") {
    const { agents, jobs } = world.queues().get(subject) ?? EMPTY_QUEUE;
    return jsonAnswer(200, { ...source, agents, jobs: withTotal(jobs) }, extraHeaders);
  }
  if (action === "metrics")
    return jsonAnswer(200, { ...source, ...clusterMetrics(world) }, extraHeaders);
  return jsonAnswer(404, { message: "Not Found" });
}

function createHeaders({ pollDurationSeconds, ageSeconds = 0 }: BuildkiteSettings, nowMs: number) {
  return {
    date: new Date(nowMs - ageSeconds * 1000).toUTCString(),
    ...(pollDurationSeconds === undefined
      ? {}
      : { "buildkite-agent-metrics-poll-duration": String(pollDurationSeconds) }),
  };
}

/** As at Buildkite, queues without jobs and agents are omitted. */
function clusterMetrics(world: World) {
  const queues = [...world.queues()].filter(
    ([, { jobs, agents }]) => jobs.scheduled + jobs.running + jobs.waiting + agents.total > 0,
  );
  const { jobs, agents } = sumQueues(queues.map(([, queue]) => queue));
  return {
    agents: {
      ...agents,
      queues: Object.fromEntries(queues.map(([name, { agents }]) => [name, agents])),
    },
    jobs: {
      ...withTotal(jobs),
      queues: Object.fromEntries(queues.map(([name, { jobs }]) => [name, withTotal(jobs)])),
    },
  };
}

function withTotal(jobs: JobCounts) {
  return { ...jobs, total: jobs.scheduled + jobs.running + jobs.waiting };
}
