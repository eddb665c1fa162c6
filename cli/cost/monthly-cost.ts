import { SLOT_SECONDS } from "../../functions/core/slot.ts";
import { sum } from "../../simulation/statistics.ts";
import { executionSeconds } from "./execution-seconds.ts";
import { MONTH_SECONDS, PRICES } from "./prices.ts";

/** What one loop was measured to log, in bytes. */
export interface LoopBytes {
  quietPoll: number;
  scalingPoll: number;
  /** A quiet poll that publishes its metrics too. */
  publishingPoll: number;
}

/** What a month is computed for. */
export interface MonthFacts {
  /** One scaler and one group each. */
  queues: number;
  /** Each of the loops that the queues are cut into. */
  loops: readonly LoopBytes[];
  pollIntervalSeconds: number;
  publishIntervalSeconds: number;
  /** Share of the polls that change something. */
  scalingShare: number;
  publishes: boolean;
  /** Of the state machine. All but ALL log failed executions only, which is next to nothing. */
  logLevel: LogLevel;
}

/** What a state machine can be told to log. */
export const LOG_LEVELS = ["ALL", "ERROR", "FATAL", "OFF"] as const;

/** {@link LOG_LEVELS} */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line of a bill. */
export interface Item {
  what: string;
  dollars: number;
}

const GB = 1e9;

const EXPRESS_GB = 64 / 1024;

/**
 * What is not measured here but assumed: how long a function takes on Lambda, most of it waiting for
 * Buildkite and AWS, and what Lambda itself writes about an invocation (START, END, REPORT).
 */
export const ASSUMED = {
  fetchSeconds: 0.2,
  computeSeconds: 0.01,
  applySeconds: 0.1,
  publishSeconds: 0.1,
  invocationLogBytes: 350,
  referenceLogBytesPerPoll: 500,
} as const;

/** Memory as in serverless.yml, in GB. */
const CALLING_GB = 256 / 1024;
const COMPUTING_GB = 128 / 1024;

/** What this project costs a month. */
export function computeOwnMonth(facts: MonthFacts): Item[] {
  const { loops, publishes, pollIntervalSeconds, publishIntervalSeconds, scalingShare } = facts;
  const polls = MONTH_SECONDS / pollIntervalSeconds;
  const publishings = publishes ? MONTH_SECONDS / publishIntervalSeconds : 0;
  const executions = MONTH_SECONDS / SLOT_SECONDS;
  const perLoop = { polls, publishings, executions, scalings: polls * scalingShare };
  const count = loops.length;
  return [
    { what: "Express requests", dollars: count * executions * PRICES.expressRequest },
    {
      what: "Express duration, 64 MB",
      dollars: count * expressDuration(executions, pollIntervalSeconds),
    },
    { what: "Lambda", dollars: count * lambda(perLoop) },
    {
      what: "log of the state machine",
      dollars: facts.logLevel === "ALL" ? sum(loops.map((it) => stateLog(it, perLoop))) : 0,
    },
    { what: "log of the functions", dollars: count * functionLog(perLoop) },
    { what: "PutMetricData", dollars: count * publishings * PRICES.putMetricData },
  ];
}

/** How often things happen to one loop in a month. */
interface Counts {
  polls: number;
  scalings: number;
  publishings: number;
  executions: number;
}

/** Billed in steps of 100 ms; the last poll's work comes after its beat. */
function expressDuration(executions: number, pollIntervalSeconds: number): number {
  const seconds =
    executionSeconds(pollIntervalSeconds) + ASSUMED.fetchSeconds + ASSUMED.computeSeconds;
  const billedSeconds = Math.ceil(seconds * 10) / 10;
  return ((executions * billedSeconds) / 3600) * EXPRESS_GB * PRICES.expressGbHour;
}

function invocations({ polls, scalings, publishings, executions }: Counts): number {
  return 2 * polls + scalings + publishings + 2 * executions;
}

function lambda(counts: Counts): number {
  const { polls, scalings, publishings, executions } = counts;
  const { fetchSeconds, computeSeconds, applySeconds, publishSeconds } = ASSUMED;
  const calling =
    polls * fetchSeconds + scalings * applySeconds + (publishings + executions) * publishSeconds;
  const computing = (polls + executions) * computeSeconds;
  const gbSeconds = calling * CALLING_GB + computing * COMPUTING_GB;
  return invocations(counts) * PRICES.lambdaRequest + gbSeconds * PRICES.lambdaArmGbSecond;
}

function stateLog(bytes: LoopBytes, { polls, scalings, publishings }: Counts): number {
  const more =
    scalings * (bytes.scalingPoll - bytes.quietPoll) +
    publishings * (bytes.publishingPoll - bytes.quietPoll);
  return ((polls * bytes.quietPoll + more) / GB) * PRICES.logGb;
}

function functionLog(counts: Counts): number {
  return ((invocations(counts) * ASSUMED.invocationLogBytes) / GB) * PRICES.logGb;
}

/**
 * What buildkite-agent-scaler costs for the same queues: for each a Lambda of 128 MB that runs for 50
 * of every 60 seconds, and, where metrics are on, a PutMetricData at every poll.
 */
export function computeReferenceMonth({
  queues,
  publishes,
  pollIntervalSeconds,
}: MonthFacts): Item[] {
  const polls = MONTH_SECONDS / pollIntervalSeconds;
  const minutes = MONTH_SECONDS / 60;
  const lambdaDollars =
    minutes * PRICES.lambdaRequest + minutes * 50 * (128 / 1024) * PRICES.lambdaX86GbSecond;
  const logDollars = ((polls * ASSUMED.referenceLogBytesPerPoll) / GB) * PRICES.logGb;
  return [
    { what: "Express requests", dollars: 0 },
    { what: "Express duration, 64 MB", dollars: 0 },
    { what: "Lambda", dollars: queues * lambdaDollars },
    { what: "log of the state machine", dollars: 0 },
    { what: "log of the functions", dollars: queues * logDollars },
    { what: "PutMetricData", dollars: publishes ? queues * polls * PRICES.putMetricData : 0 },
  ];
}

/**
 * Metrics of one queue with one scaler. Ours: the eight of buildkite-agent-metrics, and four of the
 * scaler. The reference's: scheduled, running and waiting jobs (its scaler.go).
 */
export const METRICS = { ours: 8 + 4, reference: 3 } as const;

/** What CloudWatch asks for the metrics themselves. Nobody has to publish the same as another. */
export function computeMetricsMonth({ queues, publishes }: MonthFacts) {
  const dollars = (metrics: number) => (publishes ? queues * metrics * PRICES.metricMonth : 0);
  return { ours: dollars(METRICS.ours), reference: dollars(METRICS.reference) };
}

/** serverless.yml's alarms: on the whole stack, and on each loop. */
export const ALARMS = { ofStack: 6, ofLoop: 3 } as const;

/** Alarms and the dashboard, in an account that has used up those that cost nothing. */
export function computeWatchingMonth({ loops }: MonthFacts): { alarms: number; dollars: number } {
  const alarms = ALARMS.ofStack + ALARMS.ofLoop * loops.length;
  return { alarms, dollars: alarms * PRICES.alarmMonth + PRICES.dashboardMonth };
}

/** A bill's sum. */
export function sumItems(items: readonly Item[]): number {
  return sum(items.map(({ dollars }) => dollars));
}
