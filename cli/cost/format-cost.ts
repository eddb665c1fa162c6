import pc from "picocolors";
import { plural } from "../../functions/core/plural.ts";
import { formatTable } from "../../simulation/format-table.ts";
import {
  ASSUMED,
  computeMetricsMonth,
  computeMonitoringMonth,
  computeOwnMonth,
  computeReferenceMonth,
  type Item,
  METRICS_PER_QUEUE,
  type MonthFacts,
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
    ratioLine(facts, ours, reference),
    ...metricsLines(facts, ours, reference),
    pc.dim(monitoringLine(facts)),
  ];
}

/** The goals of this project: the ratio by number of queues, with metrics and log level ALL. */
const GOALS: Readonly<Record<number, number>> = { 1: 0.65, 20: 0.1, 200: 0.08 };

function ratioLine(facts: MonthFacts, ours: readonly Item[], reference: readonly Item[]): string {
  const ratio = computeRatio(ours, reference);
  return `${INDENT}${ratio.toFixed(2)} x the cost of buildkite-agent-scaler${goalText(facts, ratio)}`;
}

function goalText({ queues, publishes, logLevel }: MonthFacts, ratio: number): string {
  const goal = GOALS[queues];
  if (goal === undefined || !publishes || logLevel !== "ALL") return "";
  return `; goal: ${goal} x, ${ratio <= goal ? "reached" : "missed"}`;
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
  const { alarms, dollars } = computeMonitoringMonth(facts);
  return `${INDENT}not in the total: ${alarms} alarms, a metric for each loop and a dashboard, ${dollars.toFixed(2)}; 10 alarms and 3 dashboards per account are free`;
}

/** The prices, measurements and assumptions behind the figures. */
export function formatBasis({ pollIntervalSeconds, scalingShare, logLevel }: MonthFacts): string[] {
  const { fetchSeconds, computeSeconds, applySeconds, publishSeconds } = ASSUMED;
  return [
    `Prices: ${PRICES.asOf}, without free tiers. The bytes that the state machine logs are measured now, on this machine,`,
    `with log level ${logLevel}; a poll every ${pollIntervalSeconds} s; ${(scalingShare * 100).toFixed(0)} % of the polls change all groups.`,
    `Assumed: Fetch metrics takes ${fetchSeconds} s on Lambda, Compute capacity ${computeSeconds} s, Apply scaling ${applySeconds} s,`,
    `Publish metrics ${publishSeconds} s; Lambda logs ${ASSUMED.invocationLogBytes} bytes per invocation, buildkite-agent-scaler ${ASSUMED.referenceLogBytesPerPoll} bytes per poll.`,
  ];
}
