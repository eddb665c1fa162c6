import { type Command, InvalidArgumentError, Option } from "commander";
import pc from "picocolors";
import { LONGEST_LISTEN_SECONDS } from "../../functions/core/events.ts";
import { durationParser } from "../terminal/duration-options.ts";
import { addHelpEnd } from "../terminal/help.ts";
import { decimalParser, wholeNumberParser } from "../terminal/number-options.ts";
import { compareMonths, LOG_LEVELS, type LogLevel, type MonthFacts } from "./monthly-cost.ts";

interface CostFlags {
  queues: number[];
  pollInterval: number;
  scalingShare: number;
  metrics: boolean;
  events?: number;
  logLevel: LogLevel;
  json?: boolean;
}

const PUBLISH_INTERVAL_SECONDS = 60;
const DEFAULT_QUEUES = [20];

/** Registers `cost`. */
export function addCost(program: Command): void {
  const command = program
    .command("cost")
    .description("compute the costs of a month, item by item, next to buildkite-agent-scaler")
    .optionsGroup("What runs:")
    .option(
      "--queues <number...>",
      "number of queues; several numbers print several tables",
      collectQueues,
      DEFAULT_QUEUES,
    )
    .addOption(
      new Option("--poll-interval <duration>", "time between two polls")
        .argParser(durationParser(1))
        .default(10, "10s"),
    )
    .option(
      "--scaling-share <share>",
      "share of the polls that scale, from 0 to 1",
      parseShare,
      0.05,
    )
    .option(
      "--events <number>",
      "with Buildkite's events, which cause polls at so many moments of an hour",
      wholeNumberParser(0),
    )
    .optionsGroup("What is recorded:")
    .option("--no-metrics", "publish no CloudWatch metrics")
    .addOption(
      new Option("--log-level <level>", "log level of the state machine")
        .choices(LOG_LEVELS)
        .default("ALL"),
    )
    .optionsGroup("Output:")
    .option("--json", "print JSON");
  addHelpEnd(command, { examples: EXAMPLES });
  command.action(async (flags: CostFlags) => {
    const problem = explainFlags(flags);
    if (problem !== undefined) command.error(`error: ${problem}`);
    await printCost(flags);
  });
}

function explainFlags({ events, pollInterval }: CostFlags): string | undefined {
  if (events === undefined || pollInterval <= LONGEST_LISTEN_SECONDS) return undefined;
  return `--poll-interval ${pollInterval}s is not allowed with --events; allowed: at most ${LONGEST_LISTEN_SECONDS}s`;
}

const EXAMPLES = [
  { about: "Small and large, side by side.", args: "cost --queues 1 20 200" },
  {
    about: "Twenty queues with events, logging errors only.",
    args: "cost --events 60 --poll-interval 20s --log-level ERROR",
  },
];

async function printCost(flags: CostFlags): Promise<void> {
  const { measureLoops } = await import("./measure-loops.ts");
  const { formatBasis, formatCost } = await import("./format-cost.ts");
  const showProgress = (scalers: number) => {
    if (process.stderr.isTTY) console.error(pc.dim(`measuring polls of ${scalers} queues...`));
  };
  const listens = flags.events !== undefined;
  const measured = await measureLoops(flags.queues, { listens, onSize: showProgress });
  const months = flags.queues.map((count, index) =>
    collectFacts(count, measured[index] ?? [], flags),
  );
  if (flags.json) {
    console.log(JSON.stringify(months.map(compareMonths), undefined, 2));
    return;
  }
  for (const facts of months) console.log(`${formatCost(facts).join("\n")}\n`);
  for (const line of months.slice(0, 1).flatMap(formatBasis)) console.log(pc.dim(line));
}

function collectFacts(queues: number, loops: MonthFacts["loops"], flags: CostFlags): MonthFacts {
  return {
    queues,
    loops,
    pollIntervalSeconds: flags.pollInterval,
    publishIntervalSeconds: PUBLISH_INTERVAL_SECONDS,
    scalingShare: flags.scalingShare,
    publishes: flags.metrics,
    eventsPerHour: flags.events,
    logLevel: flags.logLevel,
  };
}

const MAX_QUEUES = 10_000;

/** The first number replaces the default; further numbers are added. */
function collectQueues(value: string, previous: number[]): number[] {
  const count = wholeNumberParser(1)(value);
  if (count > MAX_QUEUES) throw new InvalidArgumentError(`allowed: at most ${MAX_QUEUES}`);
  return previous === DEFAULT_QUEUES ? [count] : [...previous, count];
}

const parseShare = decimalParser((share) => share <= 1, "a share from 0 to 1");
