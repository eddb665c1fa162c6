import { errorMessage, type FaultName, NamedFault } from "../core/faults.ts";
import { PRODUCT, VERSION } from "../core/version.ts";
import { type ParsedAnswer, parseClusterAnswer, parseQueueAnswer } from "./buildkite-answer.ts";
import { AnswerTooLong, get, type HttpAnswer } from "./http-get.ts";
import { removeToken } from "./remove-token.ts";
import { pause, runWithTimeLimit } from "./time-limit.ts";

/** The answer of Buildkite's agent metrics to one poll: the requested queues that have jobs or agents. */
export interface AgentMetrics extends ParsedAnswer {
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

/** A cluster of 10,000 queues needs 3 MB. */
const MOST_BYTES = 4 * 1024 * 1024;

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
  const { status, headers, text } = await sendRequest(request);
  const receivedMs = request.now();
  if (status !== 200) throw toStatusFault(status, request.endpoint, headers, receivedMs);
  const queue = onlyQueue(request);
  return {
    ...(queue === undefined
      ? parseClusterAnswer(text, request.queues)
      : parseQueueAnswer(text, queue)),
    minimumPollSeconds: parseWholeSeconds(headers["buildkite-agent-metrics-poll-duration"]),
    metricsAgeSeconds: ageSeconds(headers.date, sentMs, receivedMs),
  };
}

/** A single queue has an address of its own; several queues are read from the cluster's address. */
function onlyQueue({ queues }: MetricsRequest): string | undefined {
  return queues.length === 1 ? queues[0] : undefined;
}

async function sendRequest(request: MetricsRequest): Promise<HttpAnswer> {
  const { endpoint, token, signal } = request;
  const queue = onlyQueue(request);
  const path =
    queue === undefined ? "/metrics" : `/metrics/queue?name=${encodeURIComponent(queue)}`;
  const headers = { authorization: `Token ${token}`, "user-agent": `${PRODUCT}/${VERSION}` };
  return runWithTimeLimit(CALL_LIMIT_MILLISECONDS, signal, async (limited, isExpired) => {
    try {
      const limits = { mostBytes: MOST_BYTES, signal: limited };
      const answer = await get(`${endpoint}${path}`, headers, limits);
      return { ...answer, text: removeToken(answer.text, token) };
    } catch (error) {
      throw toUnreachableFault(error, endpoint, isExpired());
    }
  });
}

function toUnreachableFault(error: unknown, endpoint: string, expired: boolean): NamedFault {
  if (error instanceof AnswerTooLong) {
    const message = `${endpoint} answered with ${error.message}, which cannot be metrics`;
    return new NamedFault("BuildkiteInvalidAnswer", message);
  }
  const why = expired
    ? `did not answer within ${CALL_LIMIT_MILLISECONDS / 1000} s`
    : `could not be reached: ${describeNetworkError(error)}`;
  return new NamedFault("BuildkiteUnavailable", `${endpoint} ${why}`);
}

/** Node's error has no message of its own if several addresses were tried. */
function describeNetworkError(error: unknown): string {
  return error instanceof AggregateError
    ? error.errors.map(errorMessage).join(", ")
    : errorMessage(error);
}

const STATUS_FAULTS: Readonly<Record<number, { name: FaultName; why: string }>> = {
  401: { name: "BuildkiteUnauthorized", why: "refused the agent token: is it wrong, or rotated?" },
  403: { name: "BuildkiteForbidden", why: "does not let this agent token read metrics" },
  404: { name: "BuildkiteNotFound", why: "does not know this address: is agentEndpoint right?" },
};

function toStatusFault(
  status: number,
  endpoint: string,
  headers: HttpAnswer["headers"],
  nowMs: number,
): NamedFault {
  if (status === 429) return new ThrottledByBuildkite(endpoint, headers["retry-after"], nowMs);
  const known = STATUS_FAULTS[status];
  if (known !== undefined)
    return new NamedFault(known.name, `${endpoint} ${known.why} (${status})`);
  return status >= 500
    ? new NamedFault("BuildkiteUnavailable", `${endpoint} failed (${status})`)
    : new NamedFault("BuildkiteInvalidAnswer", `${endpoint} answered with status ${status}`);
}

/**
 * The longest wait that a refusal can ask for. One call a minute is no load, and a longer wait would end
 * the execution's slot: the next execution knows nothing of it and would poll at once. Scaling is also
 * back within a minute after Buildkite is.
 */
const LONGEST_RETRY_AFTER_SECONDS = 60;

/** Buildkite asks for fewer calls, and may say when to call again. */
export class ThrottledByBuildkite extends NamedFault {
  /** From the header `Retry-After`, at most a minute; undefined if there is no such header. */
  readonly retryAfterSeconds: number | undefined;

  constructor(endpoint: string, retryAfter: string | undefined, nowMs: number) {
    super("BuildkiteThrottled", `${endpoint} asks for fewer calls (429)`);
    const seconds = parseRetryAfter(retryAfter, nowMs);
    this.retryAfterSeconds =
      seconds === undefined ? undefined : Math.min(seconds, LONGEST_RETRY_AFTER_SECONDS);
  }
}

/** `Retry-After` holds whole seconds or a date. */
function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const seconds = parseWholeSeconds(header);
  if (seconds !== undefined || header === undefined) return seconds;
  const waitMs = header.endsWith(" GMT") ? Date.parse(header) - nowMs : Number.NaN;
  return Number.isNaN(waitMs) ? undefined : Math.max(0, Math.ceil(waitMs / 1000));
}

/** Undefined if the header is missing, or does not hold the whole seconds that Buildkite documents. */
function parseWholeSeconds(header: string | string[] | undefined): number | undefined {
  return typeof header === "string" && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
}

/**
 * How old the counts are: since the time in Buildkite's `Date` header, or, without that header, since
 * the request was sent. (The reference stamps the receipt, so that its counts never look old.)
 */
function ageSeconds(dateHeader = "", sentMs: number, receivedMs: number): number {
  const madeMs = Date.parse(dateHeader);
  const ageMs = receivedMs - (Number.isNaN(madeMs) ? sentMs : madeMs);
  return Math.max(0, Math.floor(ageMs / 1000));
}
