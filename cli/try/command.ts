import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, InvalidArgumentError, Option } from "commander";
import pc from "picocolors";
import { writeHistory } from "../../local/engine/history.ts";
import type { Outcome } from "../../local/engine/run-execution.ts";
import { parseWholeNumber } from "../terminal/parse-number.ts";
import { readLoop } from "../terminal/read-loop.ts";
import { WORKLOADS, type WorkloadName } from "./demo-workloads.ts";
import type { TryoutOptions } from "./options.ts";
import type { Tryout } from "./tryout.ts";

/** The sandbox's own scalers. */
const SANDBOX_SCALERS = fileURLToPath(new URL("./scalers.yml", import.meta.url));

interface TryFlags {
  minutes: number;
  pollInterval?: number;
  scalers?: string;
  seed: number;
  workload: WorkloadName;
  out: string;
}

/** Registers `try`. */
export function addTry(program: Command): void {
  program
    .command("try")
    .description("run the loop in a sandbox of Buildkite and AWS on this machine")
    .option("--minutes <number>", "how long", minutes, 3)
    .option("--poll-interval <seconds>", "instead of the definition's", parseWholeNumber(1))
    .option("--scalers <file>", "a scalers file; its first cluster is run")
    .addOption(
      new Option("--workload <name>", "the habit of all queues, or a mix of them")
        .choices(WORKLOADS)
        .default("mix"),
    )
    .option("--seed <number>", "the same seed brings the same jobs", parseWholeNumber(0), 1)
    .option("--out <folder>", "where the execution's history is written", "out")
    .action(tryOut);
}

async function tryOut(flags: TryFlags): Promise<void> {
  const options = optionsOf(flags);
  if (options === undefined || !canWriteTo(options.folder)) {
    process.exitCode = 1;
    return;
  }
  const { runTryout } = await import("./tryout.ts");
  const { createDisplay } = await import("../terminal/show.ts");
  const show = createDisplay(process.stdout);
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  const { outcome, history, tally, simulated } = await runTryout(options, show, interrupted.signal);
  show.stop();
  const written = await writeAll(options.folder, { history, tally, simulated });
  const { formatSummary } = await import("./summary.ts");
  console.log(["", ...formatSummary(tally), ...written].join("\n"));
  process.exitCode = exitCodeOf(outcome, interrupted.signal);
}

/** Better said before three minutes than after them. */
function canWriteTo(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    console.error(`--out: ${folder} cannot be written to: ${error.code}; allowed: a folder`);
    return false;
  }
}

/** Writes the history and the report; gives the summary's lines about them. */
async function writeAll(
  folder: string,
  { history, tally, simulated }: Omit<Tryout, "outcome">,
): Promise<string[]> {
  const { writeReport } = await import("../../simulation/report/report.ts");
  const { PRICE_PER_HOUR } = await import("./trace-recorder.ts");
  const begun = stamp(Date.now() - tally.seconds * 1000);
  const path = join(folder, `history-${begun}.json`);
  const report = join(folder, `report-${begun}.html`);
  await writeHistory(path, history);
  const title = `Sandbox, ${begun}`;
  await writeReport(report, { title, pricePerHour: PRICE_PER_HOUR, policies: [simulated] });
  return [`history         ${path}`, `report          ${report}`];
}

function optionsOf(flags: TryFlags): TryoutOptions | undefined {
  const loop = readLoop(flags.scalers ?? SANDBOX_SCALERS, console.error);
  if (loop === undefined) return undefined;
  const { minutes, pollInterval, seed, workload, out } = flags;
  return {
    loop,
    seconds: Math.round(minutes * 60),
    pollIntervalSeconds: pollInterval,
    seed,
    workload,
    folder: out,
  };
}

/** Being stopped is no failure. */
function exitCodeOf({ status, error, cause }: Outcome, { aborted }: AbortSignal): number {
  if (status === "SUCCEEDED" || aborted) return 0;
  console.error(pc.red(`the execution ended as ${status}: ${error ?? ""} ${cause ?? ""}`));
  return 1;
}

function stamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replaceAll(":", "");
}

function minutes(value: string): number {
  const number = Number(value);
  if (number > 0 && number <= 24 * 60) return number;
  throw new InvalidArgumentError("allowed: a number above 0 and at most 1440, such as 3 or 0.5");
}
