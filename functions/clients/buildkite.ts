import type { QueueFacts } from "../core/facts.ts";
import { errorMessage, type FaultName, NamedFault } from "../core/faults.ts";
import { PRODUCT, VERSION } from "../core/version.ts";
import { parseClusterAnswer, parseQueueAnswer } from "./buildkite-answer.ts";
import { pause, runWithTimeLimit } from "./time-limit.ts";

/** The answer of Buildkite's agent metrics to one poll. */
export interface AgentMetrics {
  organization: string;
  /** Absent for a token that belongs to no cluster. */
  cluster?: string | undefined;
  /** By name: the requested queues that have jobs or agents. */
  queues: Record<string, QueueFacts>;
  /** From the header `Buildkite-Agent-Metrics-Poll-Duration`. */
  minimumPollSeconds?: number | undefined;
  metricsAgeSeconds: number;
}

/** Which queues to read, and with which token. */
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
const RETRY_DELAY_MILLISECONDS = { least: 100, spread: 400 };

/**
 * Reads the metrics of some queues of a cluster in one call. It tries a second time if Buildkite could
 * not be reached or failed.
 * @throws NamedFault BuildkiteUnauthorized, BuildkiteForbidden, BuildkiteNotFound,
 * BuildkiteThrottled, BuildkiteUnavailable, BuildkiteInvalidAnswer
 */
export async function readAgentMetrics(request: MetricsRequest): Promise<AgentMetrics> {
  try {
    return await readOnce(request);
  } catch (error) {
    const isWorthRetrying = error instanceof NamedFault && error.name === "BuildkiteUnavailable";
    if (!isWorthRetrying || request.signal.aborted) throw error;
    const { least, spread } = RETRY_DELAY_MILLISECONDS;
    await pause(least + Math.random() * spread, request.signal);
    return await readOnce(request);
  }
}

async function readOnce(request: MetricsRequest): Promise<AgentMetrics> {
  const sentMs = request.now();
  const { response, text } = await sendRequest(request);
  if (response.status !== 200) throw toStatusFault(response.status, request.endpoint);
  const receivedMs = request.now();
  const queue = onlyQueue(request);
  return {
    ...(queue === undefined
      ? parseClusterAnswer(text, request.queues)
      : parseQueueAnswer(text, queue)),
    minimumPollSeconds: parseWholeSeconds(
      response.headers.get("buildkite-agent-metrics-poll-duration"),
    ),
    metricsAgeSeconds: ageSeconds(response.headers.get("date"), sentMs, receivedMs),
  };
}

/** A single queue has an address of its own; several queues are read from the cluster's address. */
function onlyQueue({ queues }: MetricsRequest): string | undefined {
  return queues.length === 1 ? queues[0] : undefined;
}

async function sendRequest(request: MetricsRequest) {
  const { endpoint, token, signal } = request;
  const queue = onlyQueue(request);
  const path =
    queue === undefined ? "/metrics" : `/metrics/queue?name=${encodeURIComponent(queue)}`;
  return runWithTimeLimit(CALL_LIMIT_MILLISECONDS, signal, async (limited, isExpired) => {
    try {
      const response = await fetch(`${endpoint}${path}`, {
        headers: { authorization: `Token ${token}`, "user-agent": `${PRODUCT}/${VERSION}` },
        redirect: "manual",
        signal: limited,
      });
      return { response, text: removeToken(await response.text(), token) };
    } catch (error) {
      throw toUnreachableFault(error, endpoint, isExpired());
    }
  });
}

/** Faults quote the answer, and a proxy may echo the request in it. */
function removeToken(text: string, token: string): string {
  return text.replaceAll(token, "(the agent token)");
}

function toUnreachableFault(error: unknown, endpoint: string, expired: boolean): NamedFault {
  const why = expired
    ? `did not answer within ${CALL_LIMIT_MILLISECONDS / 1000} s`
    : `could not be reached: ${errorMessage(error instanceof Error ? (error.cause ?? error) : error)}`;
  return new NamedFault("BuildkiteUnavailable", `${endpoint} ${why}`);
}

const STATUS_FAULTS: Readonly<Record<number, { name: FaultName; why: string }>> = {
  401: { name: "BuildkiteUnauthorized", why: "refused the agent token: is it wrong, or rotated?" },
  403: { name: "BuildkiteForbidden", why: "does not let this agent token read metrics" },
  404: { name: "BuildkiteNotFound", why: "does not know this address: is agentEndpoint right?" },
  429: { name: "BuildkiteThrottled", why: "asks for fewer calls" },
};

function toStatusFault(status: number, endpoint: string): NamedFault {
  const known = STATUS_FAULTS[status];
  if (known !== undefined)
    return new NamedFault(known.name, `${endpoint} ${known.why} (${status})`);
  return status >= 500
    ? new NamedFault("BuildkiteUnavailable", `${endpoint} failed (${status})`)
    : new NamedFault("BuildkiteInvalidAnswer", `${endpoint} answered with status ${status}`);
}

/** Undefined if the header is missing, or does not hold the whole seconds that Buildkite documents. */
function parseWholeSeconds(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
}

/**
 * How old the counts are: since the time in Buildkite's `Date` header, or, without that header, since
 * the request was sent. (The reference stamps the receipt, so that its counts never look old.)
 */
function ageSeconds(dateHeader: string | null, sentMs: number, receivedMs: number): number {
  const madeMs = dateHeader === null ? Number.NaN : Date.parse(dateHeader);
  const ageMs = receivedMs - (Number.isNaN(madeMs) ? sentMs : madeMs);
  return Math.max(0, Math.floor(ageMs / 1000));
}
