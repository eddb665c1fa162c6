import { type Command, InvalidArgumentError, Option } from "commander";
import pc from "picocolors";
import { parseWholeNumber } from "../terminal/number-options.ts";
import { LOG_LEVELS, type LogLevel, type MonthFacts } from "./monthly-cost.ts";

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
    .option("--poll-interval <seconds>", "from one poll to the next", parseWholeNumber(1), 10)
    .option("--scaling-share <share>", "of the polls that scale", share, 0.05)
    .option("--no-metrics", "without CloudWatch metrics")
    .addOption(
      new Option("--log-level <level>", "of the state machine").choices(LOG_LEVELS).default("ALL"),
    )
    .option("--json", "for machines", false)
    .action(printCost);
}

async function printCost(flags: CostFlags): Promise<void> {
  const { measureLoops } = await import("./measure-loops.ts");
  const { formatBasis, formatCost } = await import("./format-cost.ts");
  const { computeOwnMonth, computeReferenceMonth, sumItems } = await import("./monthly-cost.ts");
  const months: MonthFacts[] = [];
  for (const count of flags.queues) {
    if (process.stderr.isTTY) console.error(pc.dim(`measuring polls of ${count} queues...`));
    const loops = await measureLoops(count);
    months.push(factsOf(count, loops, flags));
  }
  if (flags.json) {
    const bills = months.map((facts) => {
      const [ours, reference] = [computeOwnMonth(facts), computeReferenceMonth(facts)];
      const totals = { ours: sumItems(ours), reference: sumItems(reference) };
      return { ...facts, ours, reference, totals, ratio: totals.ours / totals.reference };
    });
    console.log(JSON.stringify(bills, undefined, 2));
    return;
  }
  for (const facts of months) console.log(`${formatCost(facts).join("\n")}\n`);
  for (const line of months.slice(0, 1).flatMap(formatBasis)) console.log(pc.dim(line));
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
  const count = parseWholeNumber(1)(written);
  if (count > MOST_QUEUES) throw new InvalidArgumentError(`allowed: at most ${MOST_QUEUES}`);
  return known === DEFAULT_QUEUES ? [count] : [...known, count];
}

function share(written: string): number {
  const value = Number(written);
  if (/^\d*\.?\d+$/.test(written) && value <= 1) return value;
  throw new InvalidArgumentError("allowed: a share from 0 to 1");
}
