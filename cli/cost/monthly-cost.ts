import { SLOT_LEAD_SECONDS, SLOT_SECONDS } from "../../functions/core/slot.ts";
import { sum } from "../../simulation/statistics.ts";
import { executionSeconds } from "./execution-seconds.ts";
import { MONTH_SECONDS, PRICES } from "./prices.ts";

/** The bytes that one loop logs per poll, as measured. */
export interface LoopBytes {
  /** The events of an execution that belong to no poll. */
  opening: number;
  quietPoll: number;
  scalingPoll: number;
  /** A quiet poll that also publishes metrics. */
  publishingPoll: number;
  /** What a poll logs in addition because the loop listens for events; 0 without events. */
  listening: number;
}

/** The facts that a month's costs depend on. */
export interface MonthFacts {
  /** Each queue has one scaler and one group. */
  queues: number;
  /** The loops that the queues are divided into. */
  loops: readonly LoopBytes[];
  pollIntervalSeconds: number;
  publishIntervalSeconds: number;
  /** Share of the polls that change all groups, from 0 to 1. */
  scalingShare: number;
  publishes: boolean;
  /** Moments in an hour at which events cause a poll of each loop; absent without events. */
  eventsPerHour?: number | undefined;
  /** Log level of the state machine. Levels other than ALL log failed executions only, at almost no cost. */
  logLevel: LogLevel;
}

/** The log levels of a Step Functions state machine. */
export const LOG_LEVELS = ["ALL", "ERROR", "FATAL", "OFF"] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One item of the costs. */
export interface Item {
  what: string;
  dollars: number;
}

const GB = 1e9;

const EXPRESS_GB = 64 / 1024;

/**
 * Assumptions, because these cannot be measured here: the duration of each function on Lambda, mostly
 * waiting for Buildkite and AWS, and the lines that Lambda logs per invocation (START, END, REPORT).
 */
export const ASSUMED = {
  fetchSeconds: 0.2,
  computeSeconds: 0.01,
  applySeconds: 0.1,
  publishSeconds: 0.1,
  invocationLogBytes: 350,
  /** The metric that Compute capacity writes at every poll. */
  pollMetricLogBytes: 220,
  /** Measured: the log lines of a quiet poll. */
  referenceLogBytesPerPoll: 1100,
} as const;

/** Memory of the functions in MB, as in serverless.yml. */
export const MEMORY_MB = { fetching: 512, calling: 256, computing: 128 } as const;

/** The costs of this project in a month. */
export function computeOwnMonth(facts: MonthFacts): Item[] {
  const { loops } = facts;
  const perLoop = countPerLoop(facts);
  const { publishings, executions } = perLoop;
  const count = loops.length;
  return [
    { what: "Express requests", dollars: count * executions * PRICES.expressRequest },
    {
      what: "Express duration, 64 MB",
      dollars: count * computeExpressDuration(executions, facts),
    },
    {
      what: "Lambda requests",
      dollars: count * countInvocations(perLoop) * PRICES.lambdaRequest,
    },
    { what: "Lambda duration", dollars: count * computeLambdaDuration(perLoop) },
    {
      what: "State machine log",
      dollars:
        facts.logLevel === "ALL" ? sum(loops.map((bytes) => computeStateLog(bytes, perLoop))) : 0,
    },
    { what: "Function logs", dollars: count * computeFunctionLog(perLoop) },
    { what: "PutMetricData", dollars: count * publishings * PRICES.putMetricData },
    ...sqsItem(facts, count * perLoop.sqsRequests * PRICES.sqsFifoRequest),
  ];
}

function sqsItem({ eventsPerHour }: MonthFacts, dollars: number): Item[] {
  return eventsPerHour === undefined ? [] : [{ what: "SQS requests", dollars }];
}

/** What happens in a month in one loop. */
interface LoopCounts {
  polls: number;
  scalings: number;
  publishings: number;
  executions: number;
  sqsRequests: number;
}

/** An event causes a poll, and the loop polls once more after the least gap. */
const POLLS_PER_EVENT = 2;

/** EventBridge sends the message, and the loop deletes it. */
const REQUESTS_PER_EVENT = 2;

/** Each poll is counted as if it listened once. The polls that events cause scale as often as the others. */
function countPerLoop(facts: MonthFacts): LoopCounts {
  const { publishes, pollIntervalSeconds, publishIntervalSeconds, scalingShare } = facts;
  const beats = MONTH_SECONDS / pollIntervalSeconds;
  const events = ((facts.eventsPerHour ?? 0) * MONTH_SECONDS) / 3600;
  const polls = beats + events * POLLS_PER_EVENT;
  return {
    polls,
    scalings: beats * scalingShare,
    publishings: publishes ? MONTH_SECONDS / publishIntervalSeconds : 0,
    executions: MONTH_SECONDS / SLOT_SECONDS,
    sqsRequests: facts.eventsPerHour === undefined ? 0 : polls + events * REQUESTS_PER_EVENT,
  };
}

/** What one month amounts to, of all loops. */
export function countMonth(facts: MonthFacts) {
  const perLoop = countPerLoop(facts);
  const count = facts.loops.length;
  const logBytes = facts.loops.map((bytes) => countStateLogBytes(bytes, perLoop));
  return {
    polls: count * perLoop.polls,
    sqsRequests: count * perLoop.sqsRequests,
    logGb: facts.logLevel === "ALL" ? sum(logBytes) / GB : 0,
  };
}

/** From the middle of the minute in which an execution starts to the end of its slot. */
const LISTENING_EXECUTION_SECONDS = SLOT_LEAD_SECONDS + SLOT_SECONDS - 30;

/**
 * Express bills in steps of 100 ms. The work of the last poll follows its beat; with events, the last poll
 * listens until the slot's end.
 */
function computeExpressDuration(
  executions: number,
  { pollIntervalSeconds, eventsPerHour }: MonthFacts,
): number {
  const workSeconds = ASSUMED.fetchSeconds + ASSUMED.computeSeconds;
  const seconds =
    eventsPerHour === undefined
      ? executionSeconds(pollIntervalSeconds) + workSeconds
      : LISTENING_EXECUTION_SECONDS;
  const billedSeconds = Math.ceil(seconds * 10) / 10;
  return ((executions * billedSeconds) / 3600) * EXPRESS_GB * PRICES.expressGbHour;
}

function countInvocations({ polls, scalings, publishings, executions }: LoopCounts): number {
  return 2 * polls + scalings + publishings + executions; // Claim slot once for each execution.
}

function computeLambdaDuration({ polls, scalings, publishings, executions }: LoopCounts): number {
  const { fetchSeconds, computeSeconds, applySeconds, publishSeconds } = ASSUMED;
  const calling = scalings * applySeconds + publishings * publishSeconds;
  const computing = (polls + executions) * computeSeconds;
  const mbSeconds =
    polls * fetchSeconds * MEMORY_MB.fetching +
    calling * MEMORY_MB.calling +
    computing * MEMORY_MB.computing;
  return (mbSeconds / 1024) * PRICES.lambdaArmGbSecond;
}

function computeStateLog(bytes: LoopBytes, counts: LoopCounts): number {
  return (countStateLogBytes(bytes, counts) / GB) * PRICES.logGb;
}

function countStateLogBytes(
  bytes: LoopBytes,
  { polls, scalings, publishings, executions }: LoopCounts,
): number {
  const more =
    scalings * (bytes.scalingPoll - bytes.quietPoll) +
    publishings * (bytes.publishingPoll - bytes.quietPoll);
  return executions * bytes.opening + polls * (bytes.quietPoll + bytes.listening) + more;
}

function computeFunctionLog(counts: LoopCounts): number {
  const bytes =
    countInvocations(counts) * ASSUMED.invocationLogBytes +
    counts.polls * ASSUMED.pollMetricLogBytes;
  return (bytes / GB) * PRICES.logGb;
}

const REFERENCE_RUN_SECONDS = 50;

/**
 * The costs of buildkite-agent-scaler for the same queues: per queue, a Lambda of 128 MB that runs for
 * 50 of every 60 seconds and polls only then: five times a minute at an interval of 10 s. If metrics are
 * on, it makes one PutMetricData per poll.
 */
export function computeReferenceMonth(facts: MonthFacts): Item[] {
  const { queues, publishes, pollIntervalSeconds } = facts;
  const minutes = MONTH_SECONDS / 60;
  const polls = minutes * Math.max(1, Math.floor(REFERENCE_RUN_SECONDS / pollIntervalSeconds));
  const durationDollars = minutes * REFERENCE_RUN_SECONDS * (128 / 1024) * PRICES.lambdaX86GbSecond;
  const logDollars = ((polls * ASSUMED.referenceLogBytesPerPoll) / GB) * PRICES.logGb;
  return [
    { what: "Express requests", dollars: 0 },
    { what: "Express duration, 64 MB", dollars: 0 },
    { what: "Lambda requests", dollars: queues * minutes * PRICES.lambdaRequest },
    { what: "Lambda duration", dollars: queues * durationDollars },
    { what: "State machine log", dollars: 0 },
    { what: "Function logs", dollars: queues * logDollars },
    { what: "PutMetricData", dollars: publishes ? queues * polls * PRICES.putMetricData : 0 },
    ...sqsItem(facts, 0),
  ];
}

/**
 * Custom metrics of one queue with one scaler. Ours: four of the queue (eight with allQueueMetrics) and
 * four of the scaler. buildkite-agent-scaler's: scheduled, running and waiting jobs (its scaler.go).
 */
export const METRICS_PER_QUEUE = { ours: 4 + 4, reference: 3 } as const;

/** The costs of the custom metrics in CloudWatch in a month, in dollars. */
export function computeMetricsMonth({ queues, publishes }: MonthFacts): {
  ours: number;
  reference: number;
} {
  const dollars = (metrics: number) => (publishes ? queues * metrics * PRICES.metricMonth : 0);
  return { ours: dollars(METRICS_PER_QUEUE.ours), reference: dollars(METRICS_PER_QUEUE.reference) };
}

/** The number of alarms that a deployment creates. A loop without graceful scale-in has three fewer. */
export const ALARMS = { perStack: 6, perLoop: 8, perListeningLoop: 9 } as const;

/** Metrics with data while all is well: HeldPolls, and with events EventPolls and EventsHeard. */
const METRICS_PER_LOOP = { plain: 1, listening: 3 } as const;

/** The costs of alarms, their metrics and the dashboard in a month, in an account without free ones left. */
export function computeMonitoringMonth({ loops, eventsPerHour }: MonthFacts) {
  const listens = eventsPerHour !== undefined;
  const perLoop = listens ? ALARMS.perListeningLoop : ALARMS.perLoop;
  const alarms = ALARMS.perStack + perLoop * loops.length;
  const metrics = loops.length * (listens ? METRICS_PER_LOOP.listening : METRICS_PER_LOOP.plain);
  const dollars = alarms * PRICES.alarmMonth + metrics * PRICES.metricMonth + PRICES.dashboardMonth;
  return { alarms, metrics, dollars };
}

/** What an account has free each month. Express has nothing free. */
const FREE_LAMBDA_GB_SECONDS = 400_000;
const FREE_LAMBDA_REQUESTS = 1e6;
const FREE_LOG_GB = 5;
const FREE_CLOUDWATCH_REQUESTS = 1e6;
const FREE_SQS_REQUESTS = 1e6;

/** The costs in dollars if nothing else in the account uses the free tiers of Lambda and CloudWatch. */
export function sumBeyondFreeTiers(items: readonly Item[], lambdaGbSecond: number): number {
  const dollars = (...names: string[]) =>
    sum(items.filter(({ what }) => names.includes(what)).map((item) => item.dollars));
  return (
    dollars("Express requests", "Express duration, 64 MB") +
    Math.max(0, dollars("Lambda requests") - FREE_LAMBDA_REQUESTS * PRICES.lambdaRequest) +
    Math.max(0, dollars("Lambda duration") - FREE_LAMBDA_GB_SECONDS * lambdaGbSecond) +
    Math.max(0, dollars("State machine log", "Function logs") - FREE_LOG_GB * PRICES.logGb) +
    Math.max(0, dollars("PutMetricData") - FREE_CLOUDWATCH_REQUESTS * PRICES.putMetricData) +
    Math.max(0, dollars("SQS requests") - FREE_SQS_REQUESTS * PRICES.sqsFifoRequest)
  );
}

/** The sum of all items in dollars. */
export function sumItems(items: readonly Item[]): number {
  return sum(items.map(({ dollars }) => dollars));
}

/** Both costs of a month with their facts, items, totals and ratio, for `--json`. */
export function compareMonths(facts: MonthFacts) {
  const [ours, reference] = [computeOwnMonth(facts), computeReferenceMonth(facts)];
  const totals = { ours: sumItems(ours), reference: sumItems(reference) };
  return { ...facts, ours, reference, totals, ratio: totals.ours / totals.reference };
}
