import * as v from "valibot";
import type { AgentCounts, JobCounts, QueueFacts } from "../core/facts.ts";
import { errorMessage, NamedFault } from "../core/faults.ts";
import { formatProblems } from "../core/problems.ts";
import { recordSchema, toProblems, wholeNumberSchema } from "../core/schema-helpers.ts";
import { PRODUCT, VERSION } from "../core/version.ts";
import { pause, runWithTimeLimit } from "./time-limit.ts";

/** What one call to Buildkite's agent metrics told. */
export interface AgentMetrics {
  organization: string;
  /** Absent for a token that belongs to no cluster. */
  cluster?: string | undefined;
  /** The queues that were asked for and have jobs or agents, by name. */
  queues: Record<string, QueueFacts>;
  /** From the header `Buildkite-Agent-Metrics-Poll-Duration`. */
  minimumPollSeconds?: number | undefined;
  metricsAgeSeconds: number;
}

/** What to ask for, and under whose name. */
export interface MetricsRequest {
  endpoint: string;
  /** A secret: it goes into the request's header and nowhere else. */
  token: string;
  queues: readonly string[];
  signal: AbortSignal;
  /** The clock, in epoch milliseconds. */
  now: () => number;
}

const CALL_LIMIT_MILLISECONDS = 5000;
const RETRY_AFTER_MILLISECONDS = { least: 100, spread: 400 };

/**
 * Reads the metrics of some queues of a cluster in one call, tried once more where Buildkite could
 * not be reached or failed.
 * @throws NamedFault BuildkiteUnauthorized, BuildkiteForbidden, BuildkiteNotFound,
 * BuildkiteThrottled, BuildkiteUnavailable, BuildkiteInvalidAnswer
 */
export async function readAgentMetrics(request: MetricsRequest): Promise<AgentMetrics> {
  try {
    return await readOnce(request);
  } catch (error) {
    const worthAnother = error instanceof NamedFault && error.name === "BuildkiteUnavailable";
    if (!worthAnother || request.signal.aborted) throw error;
    const { least, spread } = RETRY_AFTER_MILLISECONDS;
    await pause(least + Math.random() * spread, request.signal);
    return await readOnce(request);
  }
}

async function readOnce(request: MetricsRequest): Promise<AgentMetrics> {
  const sentMs = request.now();
  const { response, text } = await called(request);
  if (response.status !== 200) throw refusal(response.status, request.endpoint);
  const receivedMs = request.now();
  const only = onlyQueue(request);
  return {
    ...(only === undefined
      ? manyQueues(request.queues, answered(clusterAnswer, text))
      : oneQueue(only, answered(queueAnswer, text))),
    minimumPollSeconds: wholeSeconds(response.headers.get("buildkite-agent-metrics-poll-duration")),
    metricsAgeSeconds: ageSeconds(response.headers.get("date"), sentMs, receivedMs),
  };
}

/** One queue has an address of its own; several are read from the whole cluster's. */
function onlyQueue({ queues }: MetricsRequest): string | undefined {
  return queues.length === 1 ? queues[0] : undefined;
}

async function called(request: MetricsRequest) {
  const { endpoint, token, signal } = request;
  const only = onlyQueue(request);
  const path = only === undefined ? "/metrics" : `/metrics/queue?name=${encodeURIComponent(only)}`;
  return runWithTimeLimit(CALL_LIMIT_MILLISECONDS, signal, async (limited, expired) => {
    try {
      const response = await fetch(`${endpoint}${path}`, {
        headers: { authorization: `Token ${token}`, "user-agent": `${PRODUCT}/${VERSION}` },
        redirect: "manual",
        signal: limited,
      });
      return { response, text: withoutToken(await response.text(), token) };
    } catch (error) {
      throw unreachable(error, endpoint, expired());
    }
  });
}

/** Faults quote what was answered, and a proxy may repeat there what it was sent. */
function withoutToken(text: string, token: string): string {
  return text.replaceAll(token, "(the agent token)");
}

function unreachable(error: unknown, endpoint: string, expired: boolean): NamedFault {
  const why = expired
    ? `gave no answer within ${CALL_LIMIT_MILLISECONDS / 1000} s`
    : `could not be reached: ${errorMessage(error instanceof Error ? (error.cause ?? error) : error)}`;
  return new NamedFault("BuildkiteUnavailable", `${endpoint} ${why}`);
}

const REFUSALS: Readonly<Record<number, { name: string; why: string }>> = {
  401: { name: "BuildkiteUnauthorized", why: "refused the agent token: is it wrong, or rotated?" },
  403: { name: "BuildkiteForbidden", why: "does not let this agent token read metrics" },
  404: { name: "BuildkiteNotFound", why: "knows no such address: is agentEndpoint right?" },
  429: { name: "BuildkiteThrottled", why: "asks for fewer calls" },
};

function refusal(status: number, endpoint: string): NamedFault {
  const known = REFUSALS[status];
  if (known !== undefined)
    return new NamedFault(known.name, `${endpoint} ${known.why} (${status})`);
  return status >= 500
    ? new NamedFault("BuildkiteUnavailable", `${endpoint} failed (${status})`)
    : new NamedFault("BuildkiteInvalidAnswer", `${endpoint} answered with status ${status}`);
}

const count = wholeNumberSchema(0);
const agentCounts = v.object({ idle: count, busy: count, total: count });
const jobCounts = v.object({ scheduled: count, running: count, waiting: count });

const sourceAnswer = v.object({
  organization: v.object({ slug: v.string() }),
  cluster: v.nullish(v.object({ name: v.string() })),
});

const queueAnswer = v.object({ ...sourceAnswer.entries, agents: agentCounts, jobs: jobCounts });

const NO_MAP = "a map of queues, which may be missing only where there is nothing to count";

const clusterAnswer = v.object({
  ...sourceAnswer.entries,
  agents: v.pipe(
    v.object({ ...agentCounts.entries, queues: v.optional(recordSchema(agentCounts)) }),
    v.check(({ queues, total }) => queues !== undefined || total === 0, NO_MAP),
  ),
  jobs: v.pipe(
    v.object({ ...jobCounts.entries, queues: v.optional(recordSchema(jobCounts)) }),
    v.check(
      ({ queues, scheduled, running, waiting }) =>
        queues !== undefined || scheduled + running + waiting === 0,
      NO_MAP,
    ),
  ),
});

/** In characters. A fault travels in the state, which has to stay small. */
const LONGEST_MESSAGE = 500;

function answered<Schema extends v.GenericSchema>(schema: Schema, text: string) {
  const parsed = v.safeParse(schema, parsedJson(text));
  if (parsed.success) return parsed.output;
  const problems = toProblems(parsed.issues, (path) => path || "the answer");
  const message = `Buildkite's metrics are not what they should be: ${formatProblems(problems)}`;
  throw new NamedFault("BuildkiteInvalidAnswer", message.slice(0, LONGEST_MESSAGE));
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NamedFault(
      "BuildkiteInvalidAnswer",
      `Buildkite's metrics are not JSON; they begin with ${JSON.stringify(text.slice(0, 60))}`,
    );
  }
}

function oneQueue(name: string, answer: v.InferOutput<typeof queueAnswer>) {
  return { ...sourceOf(answer), queues: { [name]: { jobs: answer.jobs, agents: answer.agents } } };
}

const NO_AGENTS: AgentCounts = { idle: 0, busy: 0, total: 0 };
const NO_JOBS: JobCounts = { scheduled: 0, running: 0, waiting: 0 };

function manyQueues(names: readonly string[], answer: v.InferOutput<typeof clusterAnswer>) {
  const jobs = new Map(Object.entries(answer.jobs.queues ?? {}));
  const agents = new Map(Object.entries(answer.agents.queues ?? {}));
  const known = names.filter((name) => jobs.has(name) || agents.has(name));
  return {
    ...sourceOf(answer),
    queues: Object.fromEntries(
      known.map((name) => [
        name,
        { jobs: jobs.get(name) ?? NO_JOBS, agents: agents.get(name) ?? NO_AGENTS },
      ]),
    ),
  };
}

function sourceOf({ organization, cluster }: v.InferOutput<typeof sourceAnswer>) {
  return { organization: organization.slug, cluster: cluster?.name };
}

/** Undefined where the header is missing, or is not the whole seconds that Buildkite documents. */
function wholeSeconds(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
}

/**
 * How old the counts are: from when Buildkite says that it made them, or, where it does not say,
 * from when they were asked for. (The reference stamps their receipt, so they never look old.)
 */
function ageSeconds(dateHeader: string | null, sentMs: number, receivedMs: number): number {
  const madeMs = dateHeader === null ? Number.NaN : Date.parse(dateHeader);
  const ageMs = receivedMs - (Number.isNaN(madeMs) ? sentMs : madeMs);
  return Math.max(0, Math.floor(ageMs / 1000));
}
