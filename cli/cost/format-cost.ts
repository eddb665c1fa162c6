import pc from "picocolors";
import { plural } from "../../functions/core/plural.ts";
import {
  ASSUMED,
  computeMetricsMonth,
  computeOwnMonth,
  computeReferenceMonth,
  computeWatchingMonth,
  type Item,
  METRICS,
  type MonthFacts,
  sumItems,
} from "./monthly-cost.ts";
import { PRICES } from "./prices.ts";

/** One month's bill, item by item, ours beside the reference's. */
export function formatCost(facts: MonthFacts): string[] {
  const ours = computeOwnMonth(facts);
  const reference = computeReferenceMonth(facts);
  const rows = ours.map(({ what, dollars }, index) =>
    row(what, dollars, reference[index]?.dollars ?? 0),
  );
  return [
    pc.bold(
      `${plural(facts.queues, "queue")} in ${plural(facts.loops.length, "loop")}, a month, US dollars`,
    ),
    head(),
    ...rows,
    pc.bold(row("in all", sumItems(ours), sumItems(reference))),
    `  ${formatRatio(ours, reference).toFixed(2)} x the reference's${aimed(facts, formatRatio(ours, reference))}`,
    ...metricLines(facts, ours, reference),
    pc.dim(watchingLine(facts)),
  ];
}

/** What this project set itself, with metrics on and log level ALL. */
const AIMS: Readonly<Record<number, number>> = { 1: 0.65, 20: 0.1, 200: 0.08 };

function aimed({ queues, publishes, logLevel }: MonthFacts, reached: number): string {
  const aim = AIMS[queues];
  if (aim === undefined || !publishes || logLevel !== "ALL") return "";
  return `; aim: ${aim} x, ${reached <= aim ? "reached" : "missed"}`;
}

/** What we cost for each dollar of the reference's. */
export function formatRatio(ours: readonly Item[], reference: readonly Item[]): number {
  return sumItems(ours) / sumItems(reference);
}

const WHAT = 28;
const MONEY = 12;

function head(): string {
  return `  ${"".padEnd(WHAT)}${"ours".padStart(MONEY)}${"reference".padStart(MONEY)}`;
}

function row(what: string, ours: number, reference: number): string {
  return `  ${what.padEnd(WHAT)}${money(ours)}${money(reference)}`;
}

function money(dollars: number): string {
  return (dollars === 0 ? "-" : dollars.toFixed(2)).padStart(MONEY);
}

/** Left out above: what one publishes is a matter of what one wants to see. But it is paid for. */
function metricLines(facts: MonthFacts, ours: readonly Item[], reference: readonly Item[]) {
  if (!facts.publishes) return [];
  const metrics = computeMetricsMonth(facts);
  const withMetrics = (sumItems(ours) + metrics.ours) / (sumItems(reference) + metrics.reference);
  return [
    row("custom metrics besides", metrics.ours, metrics.reference),
    pc.dim(
      `  ${METRICS.ours} a queue here, ${METRICS.reference} a queue there; with them ${withMetrics.toFixed(2)} x`,
    ),
  ];
}

/** The reference comes without: that is not compared. */
function watchingLine(facts: MonthFacts): string {
  const { alarms, dollars } = computeWatchingMonth(facts);
  return `  besides: ${alarms} alarms and a dashboard, ${dollars.toFixed(2)}, less what is free of an account's first 10 and 3`;
}

/** What the figures rest on. */
export function formatBasis({ pollIntervalSeconds, scalingShare, logLevel }: MonthFacts): string[] {
  const { fetchSeconds, computeSeconds, applySeconds, publishSeconds } = ASSUMED;
  return [
    `Prices: ${PRICES.asOf}, without free tiers. Bytes that the state machine logs are measured here and now,`,
    `with log level ${logLevel}; a poll every ${pollIntervalSeconds} s, of which ${(scalingShare * 100).toFixed(0)} % change every group at once.`,
    `Assumed: Fetch metrics takes ${fetchSeconds} s on Lambda, Compute capacity ${computeSeconds} s, Apply scaling ${applySeconds} s,`,
    `Publish metrics ${publishSeconds} s; Lambda logs ${ASSUMED.invocationLogBytes} bytes an invocation, the reference ${ASSUMED.referenceLogBytesPerPoll} bytes a poll.`,
  ];
}
