import { type Command, InvalidArgumentError, Option } from "commander";
import pc from "picocolors";
import { wholeNumber } from "../terminal/parse-number.ts";
import { LOG_LEVELS, type LogLevel, type MonthFacts } from "./month.ts";

interface CostFlags {
  queues: number[];
  pollInterval: number;
  scalingShare: number;
  metrics: boolean;
  logLevel: LogLevel;
  json: boolean;
}

const PUBLISH_INTERVAL_SECONDS = 60;
const DEFAULT_QUEUES = [20];

/** Registers `cost`. */
export function addCost(program: Command): void {
  program
    .command("cost")
    .description("what a month costs, item by item, beside buildkite-agent-scaler")
    .option(
      "--queues <number...>",
      "how many; several numbers are computed one after another",
      queues,
      DEFAULT_QUEUES,
    )
    .option("--poll-interval <seconds>", "from one poll to the next", wholeNumber(1), 10)
    .option("--scaling-share <share>", "of the polls that scale", share, 0.05)
    .option("--no-metrics", "without CloudWatch metrics")
    .addOption(
      new Option("--log-level <level>", "of the state machine").choices(LOG_LEVELS).default("ALL"),
    )
    .option("--json", "for machines", false)
    .action(printCost);
}

async function printCost(flags: CostFlags): Promise<void> {
  const { measuredLoops } = await import("./measured.ts");
  const { basisLines, costLines } = await import("./lines.ts");
  const { ourMonth, referenceMonth, total } = await import("./month.ts");
  const months: MonthFacts[] = [];
  for (const count of flags.queues) {
    if (process.stderr.isTTY) console.error(pc.dim(`measuring polls of ${count} queues...`));
    const loops = await measuredLoops(count);
    months.push(factsOf(count, loops, flags));
  }
  if (flags.json) {
    const bills = months.map((facts) => {
      const [ours, reference] = [ourMonth(facts), referenceMonth(facts)];
      const totals = { ours: total(ours), reference: total(reference) };
      return { ...facts, ours, reference, totals, ratio: totals.ours / totals.reference };
    });
    console.log(JSON.stringify(bills, undefined, 2));
    return;
  }
  for (const facts of months) console.log(`${costLines(facts).join("\n")}\n`);
  for (const line of months.slice(0, 1).flatMap(basisLines)) console.log(pc.dim(line));
}

function factsOf(queues: number, loops: MonthFacts["loops"], flags: CostFlags): MonthFacts {
  return {
    queues,
    loops,
    pollIntervalSeconds: flags.pollInterval,
    publishIntervalSeconds: PUBLISH_INTERVAL_SECONDS,
    scalingShare: flags.scalingShare,
    publishes: flags.metrics,
    logLevel: flags.logLevel,
  };
}

const MOST_QUEUES = 10_000;

/** Takes the place of the default, and then collects. */
function queues(written: string, known: number[]): number[] {
  const count = wholeNumber(1)(written);
  if (count > MOST_QUEUES) throw new InvalidArgumentError(`allowed: at most ${MOST_QUEUES}`);
  return known === DEFAULT_QUEUES ? [count] : [...known, count];
}

function share(written: string): number {
  const value = Number(written);
  if (/^\d*\.?\d+$/.test(written) && value <= 1) return value;
  throw new InvalidArgumentError("allowed: a share from 0 to 1");
}
