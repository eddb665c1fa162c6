import pc from "picocolors";
import { counted } from "../../functions/core/words.ts";
import {
  ASSUMED,
  type Item,
  type MonthFacts,
  metricsMonth,
  ourMonth,
  referenceMonth,
  total,
} from "./month.ts";
import { PRICES } from "./prices.ts";

/** One month's bill, item by item, ours beside the reference's. */
export function costLines(facts: MonthFacts): string[] {
  const ours = ourMonth(facts);
  const reference = referenceMonth(facts);
  const rows = ours.map(({ what, dollars }, index) =>
    row(what, dollars, reference[index]?.dollars ?? 0),
  );
  return [
    pc.bold(
      `${counted(facts.queues, "queue")} in ${counted(facts.loops.length, "loop")}, a month, US dollars`,
    ),
    head(),
    ...rows,
    pc.bold(row("in all", total(ours), total(reference))),
    `  ${ratio(ours, reference).toFixed(2)} x the reference's`,
    ...metricLines(facts),
  ];
}

/** What we cost for each dollar of the reference's. */
export function ratio(ours: readonly Item[], reference: readonly Item[]): number {
  return total(ours) / total(reference);
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

function metricLines(facts: MonthFacts): string[] {
  const dollars = metricsMonth(facts);
  if (dollars === 0) return [];
  return [
    pc.dim(`  besides: 8 metrics a queue and 4 a scaler in CloudWatch, ${dollars.toFixed(2)}`),
  ];
}

/** What the figures rest on. */
export function basisLines({ pollIntervalSeconds, scalingShare }: MonthFacts): string[] {
  const { fetchSeconds, computeSeconds, applySeconds, publishSeconds } = ASSUMED;
  return [
    `Prices: ${PRICES.asOf}, without free tiers. Bytes that the state machine logs are measured here and now,`,
    `with log level ALL; a poll every ${pollIntervalSeconds} s, of which ${(scalingShare * 100).toFixed(0)} % change every group at once.`,
    `Assumed: Fetch metrics takes ${fetchSeconds} s on Lambda, Compute capacity ${computeSeconds} s, Apply scaling ${applySeconds} s,`,
    `Publish metrics ${publishSeconds} s; Lambda logs ${ASSUMED.invocationLogBytes} bytes an invocation, the reference ${ASSUMED.referenceLogBytesPerPoll} bytes a poll.`,
  ];
}
