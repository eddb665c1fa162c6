import type { AgentCounts, JobCounts, QueueFacts } from "../../../functions/core/facts.ts";
import type { World } from "../../../simulation/fleet/world.ts";
import { type Answer, type Call, type IncomingRequest, jsonAnswer } from "./exchange.ts";

/** What the sandbox's Buildkite goes by. All of it may change while it runs. */
export interface BuildkiteSettings {
  /** The one agent token that it accepts. */
  token: string;
  /** For the header `Buildkite-Agent-Metrics-Poll-Duration`; absent: no header. */
  pollDurationSeconds?: number | undefined;
  /** How old its answers say that they are. */
  ageSeconds?: number | undefined;
}

const PREFIX = "/v3/";

/** The call that a request to the metrics API is, or undefined where it is for somebody else. */
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
  const told = headersOf(settings, nowMs);
  if (action === "metrics/queue") {
    const { agents, jobs } = world.queues().get(subject) ?? NOTHING;
    return jsonAnswer(200, { ...source, agents, jobs: withTotal(jobs) }, told);
  }
  if (action === "metrics") return jsonAnswer(200, { ...source, ...wholeCluster(world) }, told);
  return jsonAnswer(404, { message: "Not Found" });
}

function headersOf({ pollDurationSeconds, ageSeconds = 0 }: BuildkiteSettings, nowMs: number) {
  return {
    date: new Date(nowMs - ageSeconds * 1000).toUTCString(),
    ...(pollDurationSeconds === undefined
      ? {}
      : { "buildkite-agent-metrics-poll-duration": String(pollDurationSeconds) }),
  };
}

const NOTHING: QueueFacts = {
  jobs: { scheduled: 0, running: 0, waiting: 0 },
  agents: { idle: 0, busy: 0, total: 0 },
};

/** Queues with neither jobs nor agents are left out, as Buildkite leaves them out. */
function wholeCluster(world: World) {
  const queues = [...world.queues()].filter(
    ([, { jobs, agents }]) => jobs.scheduled + jobs.running + jobs.waiting + agents.total > 0,
  );
  return {
    agents: {
      ...queues.reduce((sum, [, { agents }]) => addedAgents(sum, agents), NOTHING.agents),
      queues: Object.fromEntries(queues.map(([name, { agents }]) => [name, agents])),
    },
    jobs: {
      ...withTotal(queues.reduce((sum, [, { jobs }]) => addedJobs(sum, jobs), NOTHING.jobs)),
      queues: Object.fromEntries(queues.map(([name, { jobs }]) => [name, withTotal(jobs)])),
    },
  };
}

function addedAgents(a: AgentCounts, b: AgentCounts): AgentCounts {
  return { idle: a.idle + b.idle, busy: a.busy + b.busy, total: a.total + b.total };
}

function addedJobs(a: JobCounts, b: JobCounts): JobCounts {
  return {
    scheduled: a.scheduled + b.scheduled,
    running: a.running + b.running,
    waiting: a.waiting + b.waiting,
  };
}

function withTotal(jobs: JobCounts) {
  return { ...jobs, total: jobs.scheduled + jobs.running + jobs.waiting };
}
