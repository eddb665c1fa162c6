import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import { LONGEST_LISTEN_SECONDS } from "../../functions/core/events.ts";
import { writeHistory } from "../../local/engine/history.ts";
import type { Outcome } from "../../local/engine/run-execution.ts";
import { durationParser, pollIntervalOption } from "../terminal/duration-options.ts";
import { addHelpEnd } from "../terminal/help.ts";
import { wholeNumberParser } from "../terminal/number-options.ts";
import { formatTime } from "../terminal/poll-lines.ts";
import { printSummary, summaryLine } from "../terminal/run-summary.ts";
import { findWriteProblem } from "../terminal/write-problem.ts";
import { DEMO_WORKLOADS, type DemoWorkload } from "./demo-workloads.ts";
import { readFirstLoop } from "./read-loop.ts";
import type { Tryout, TryoutOptions } from "./run-tryout.ts";

/** The scalers file of the sandbox. */
const SANDBOX_SCALERS = fileURLToPath(new URL("./scalers.yml", import.meta.url));

interface TryFlags {
  /** Seconds. */
  duration: number;
  /** Seconds. */
  pollInterval?: number;
  events: boolean;
  scalers: string;
  seed: number;
  workload: DemoWorkload;
  out: string;
}

const LONGEST_SECONDS = 24 * 3600;

/** Registers `try`. */
export function addTry(program: Command): void {
  const command = program
    .command("try")
    .description("run the loop on this machine, against a sandbox of Buildkite and AWS")
    .optionsGroup("The run:")
    .addOption(
      new Option("--duration <duration>", "duration of the run")
        .argParser(durationParser(1, LONGEST_SECONDS))
        .default(180, "3m"),
    )
    .addOption(pollIntervalOption().argParser(durationParser(1)))
    .option("--out <folder>", "folder for the history and the report", "out")
    .optionsGroup("What is scaled:")
    .addOption(
      new Option("--scalers <file>", "scalers file; its first cluster is run").default(
        SANDBOX_SCALERS,
        "the sandbox's own",
      ),
    )
    .addOption(
      new Option("--workload <name>", "when jobs are scheduled; mix: a different pattern per queue")
        .choices(DEMO_WORKLOADS)
        .default("mix"),
    )
    .option("--no-events", "poll on the beat only: Buildkite sends no events")
    .option("--seed <number>", "the same seed creates the same jobs", wholeNumberParser(0), 1);
  addHelpEnd(command, { examples: EXAMPLES });
  command.action(tryOut);
}

const EXAMPLES = [
  { about: "Three groups for three minutes.", args: "try" },
  {
    about: "Your own groups for ten minutes, with many jobs at once.",
    args: "try --scalers scalers.yml --duration 10m --workload bursts",
  },
];

async function tryOut(flags: TryFlags): Promise<void> {
  const options = readOptions(flags);
  if (options === undefined || !canWriteTo(flags.out)) {
    process.exitCode = 1;
    return;
  }
  const { runTryout } = await import("./run-tryout.ts");
  const { createDisplay } = await import("../terminal/show.ts");
  const { createStopSignal, endSoon } = await import("../terminal/stop-signal.ts");
  const { parseScalers } = await import("../../functions/core/read-scalers.ts");
  const display = createDisplay(process.stdout, parseScalers(options.loop.scalers));
  const signal = createStopSignal();
  const { outcome, ...results } = await runTryout(options, display, signal);
  display.stop();
  const fileLines = await writeResults(flags.out, results, options);
  const { formatSummary } = await import("./summary.ts");
  printSummary([...formatSummary(results.tally), ...fileLines], process.stdout);
  process.exitCode = reportOutcome(outcome, signal);
  if (signal.aborted) endSoon();
}

/** Checks the folder before the run, because a run takes minutes. */
function canWriteTo(folder: string): boolean {
  const problem = findWriteProblem(() => {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  });
  if (problem !== undefined)
    console.error(`--out: ${folder} ${problem}; allowed: a writable folder`);
  return problem === undefined;
}

/** Writes the history and the report; returns the lines of the summary that name the files. */
async function writeResults(
  folder: string,
  { history, tally, simulated }: Omit<Tryout, "outcome">,
  options: TryoutOptions,
): Promise<string[]> {
  const { writeReport } = await import("../../simulation/report/report.ts");
  const { PRICE_PER_HOUR } = await import("./trace-recorder.ts");
  const { describeTryout } = await import("./report-basis.ts");
  const toMs = Date.now();
  const fromMs = tally.startedMs;
  const started = formatTimestamp(fromMs);
  const path = join(folder, `history-${started}.json`);
  const report = join(folder, `report-${started}.html`);
  await writeHistory(path, history);
  await writeReport(report, {
    title: "A run in the sandbox",
    policies: [simulated],
    period: { fromMs, toMs },
    pricePerHour: PRICE_PER_HOUR,
    basis: describeTryout(options, process.argv.slice(2)),
  });
  return [summaryLine("history", path), summaryLine("report", report)];
}

function readOptions(flags: TryFlags): TryoutOptions | undefined {
  const loop = readFirstLoop(flags.scalers, console.error);
  if (loop === undefined) return undefined;
  const { duration, pollInterval, events: hasEvents, seed, workload } = flags;
  if (hasEvents && refuseLongInterval(pollInterval)) return undefined;
  return { loop, seconds: duration, pollIntervalSeconds: pollInterval, hasEvents, seed, workload };
}

/** Returns whether the interval is refused; then it says why. */
function refuseLongInterval(pollInterval: number | undefined): boolean {
  if (pollInterval === undefined || pollInterval <= LONGEST_LISTEN_SECONDS) return false;
  console.error(
    `--poll-interval: ${pollInterval} is too long with events; allowed: at most ${LONGEST_LISTEN_SECONDS}, or --no-events`,
  );
  return true;
}

/** Prints why the run failed, if it did, and returns the exit code. Ctrl-C is not a failure. */
function reportOutcome({ status, error, cause }: Outcome, { aborted }: AbortSignal): number {
  if (status === "SUCCEEDED" || aborted) return 0;
  console.error(
    pc.red(escapeControls(`the execution ended as ${status}: ${error ?? ""} ${cause ?? ""}`)),
  );
  return 1;
}

function formatTimestamp(ms: number): string {
  return formatTime(ms).replaceAll(":", "");
}
