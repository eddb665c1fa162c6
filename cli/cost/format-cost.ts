import pc from "picocolors";
import { plural } from "../../functions/core/plural.ts";
import { formatTable } from "../../simulation/format-table.ts";
import {
  ASSUMED,
  computeMetricsMonth,
  computeMonitoringMonth,
  computeOwnMonth,
  computeReferenceMonth,
  countMonth,
  type Item,
  METRICS_PER_QUEUE,
  type MonthFacts,
  sumBeyondFreeTiers,
  sumItems,
} from "./monthly-cost.ts";
import { PRICES } from "./prices.ts";

const INDENT = "  ";

/** Formats the costs of a month, item by item, next to those of buildkite-agent-scaler. */
export function formatCost(facts: MonthFacts): string[] {
  const ours = computeOwnMonth(facts);
  const reference = computeReferenceMonth(facts);
  const head = ["", "scaling loop", "agent-scaler"];
  const items = ours.map(({ what, dollars }, index) =>
    costRow(what, dollars, reference[index]?.dollars ?? 0),
  );
  const total = costRow("total", sumItems(ours), sumItems(reference));
  const table = formatTable([head, ...items, total, ...metricsRows(facts)], INDENT);
  const totalIndex = items.length + 1;
  const queues = plural(facts.queues, "queue");
  return [
    pc.bold(`${queues} in ${plural(facts.loops.length, "loop")}, US dollars per month`),
    ...table.map((line, index) => (index === totalIndex ? pc.bold(line) : line)),
    ratioLine(ours, reference),
    pc.dim(freeTierLine(ours, reference)),
    pc.dim(volumeLine(facts)),
    ...metricsLines(facts, ours, reference),
    pc.dim(monitoringLine(facts)),
  ];
}

function ratioLine(ours: readonly Item[], reference: readonly Item[]): string {
  return `${INDENT}${computeRatio(ours, reference).toFixed(2)} x the cost of buildkite-agent-scaler`;
}

function freeTierLine(ours: readonly Item[], reference: readonly Item[]): string {
  const own = sumBeyondFreeTiers(ours, PRICES.lambdaArmGbSecond).toFixed(2);
  const other = sumBeyondFreeTiers(reference, PRICES.lambdaX86GbSecond).toFixed(2);
  return `${INDENT}if nothing else in the account uses its free tiers: about ${own} and ${other}; Express has no free tier`;
}

function volumeLine(facts: MonthFacts): string {
  const { polls, sqsRequests, logGb } = countMonth(facts);
  const calls = `${formatCount(polls)} polls with at least two calls each`;
  const heard = sqsRequests === 0 ? "" : `, ${formatCount(sqsRequests)} requests to SQS`;
  return `${INDENT}${calls}${heard}, ${logGb.toFixed(1)} GB of state machine log`;
}

function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/** Our cost per dollar of buildkite-agent-scaler's. */
export function computeRatio(ours: readonly Item[], reference: readonly Item[]): number {
  return sumItems(ours) / sumItems(reference);
}

function costRow(what: string, ours: number, reference: number): string[] {
  return [what, formatDollars(ours), formatDollars(reference)];
}

function formatDollars(dollars: number): string {
  return dollars === 0 ? "-" : dollars.toFixed(2);
}

/** Custom metrics are not in the total, because the two publish different metrics. */
function metricsRows(facts: MonthFacts): string[][] {
  if (!facts.publishes) return [];
  const { ours, reference } = computeMetricsMonth(facts);
  return [costRow("not in the total: metrics", ours, reference)];
}

function metricsLines(
  facts: MonthFacts,
  ours: readonly Item[],
  reference: readonly Item[],
): string[] {
  if (!facts.publishes) return [];
  const metrics = computeMetricsMonth(facts);
  const ratio = (sumItems(ours) + metrics.ours) / (sumItems(reference) + metrics.reference);
  return [
    pc.dim(
      `${INDENT}${METRICS_PER_QUEUE.ours} and ${METRICS_PER_QUEUE.reference} metrics per queue; ${ratio.toFixed(2)} x including metrics`,
    ),
  ];
}

/** Not in the total, because buildkite-agent-scaler has neither alarms nor a dashboard. */
function monitoringLine(facts: MonthFacts): string {
  const { alarms, metrics, dollars } = computeMonitoringMonth(facts);
  return `${INDENT}not in the total: ${alarms} alarms, ${plural(metrics, "metric")} of loops and a dashboard, ${dollars.toFixed(2)}; 10 alarms and 3 dashboards per account are free`;
}

/** The prices, measurements and assumptions behind the figures. */
export function formatBasis(facts: MonthFacts): string[] {
  const { pollIntervalSeconds, scalingShare, logLevel, eventsPerHour } = facts;
  const { fetchSeconds, computeSeconds, applySeconds, publishSeconds } = ASSUMED;
  return [
    `Prices: ${PRICES.asOf}, without free tiers. The bytes that the state machine logs are measured now, on this machine,`,
    `with log level ${logLevel}; a poll every ${pollIntervalSeconds} s; ${(scalingShare * 100).toFixed(0)} % of the polls change all groups.`,
    `Assumed: Fetch metrics takes ${fetchSeconds} s on Lambda, Compute capacity ${computeSeconds} s, Apply scaling ${applySeconds} s,`,
    `Publish metrics ${publishSeconds} s; Lambda logs ${ASSUMED.invocationLogBytes} bytes per invocation, buildkite-agent-scaler ${ASSUMED.referenceLogBytesPerPoll} bytes per poll.`,
    ...(eventsPerHour === undefined ? [] : [describeEvents(eventsPerHour)]),
  ];
}

/** EventBridge's own price is left out: AWS's pages leave open whether the partner or the account pays it. */
function describeEvents(perHour: number): string {
  return `Events: ${plural(perHour, "moment")} an hour cause two polls of each loop. Not included: what EventBridge may bill for partner events, $1 per million.`;
}
