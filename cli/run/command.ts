import type { Command } from "commander";
import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import { addHelpEnd } from "../terminal/help.ts";
import type { RunTally } from "../terminal/run-summary.ts";
import type { RunDisplay } from "./display.ts";
import { addRunOptions, type RunFlags } from "./flags.ts";
import { type HistoryFile, openHistoryFile } from "./history-file.ts";
import type { RunPlan } from "./plan.ts";

/** Registers `run`. */
export function addRun(program: Command): void {
  const command = program
    .command("run")
    .description("run the loop on this machine, against Buildkite and AWS, until it is stopped");
  addHelpEnd(addRunOptions(command), { examples: EXAMPLES });
  command.action(async (flags: RunFlags) => {
    const plan = await readPlan(flags);
    process.exitCode = plan === undefined ? 1 : await run(plan);
  });
}

const EXAMPLES = [
  {
    about: "What would it do? BUILDKITE_AGENT_TOKEN has the token.",
    args: "run --queue default --asg-name web --region eu-west-1 --dry-run",
  },
  {
    about: "All clusters of a file, a poll every 30 seconds, for another program.",
    args: "run --scalers scalers.yml --poll-interval 30s --json",
  },
];

/** Prints all problems and warnings. Returns undefined if there is a problem. */
async function readPlan(flags: RunFlags): Promise<RunPlan | undefined> {
  const { readRunPlan } = await import("./plan.ts");
  const { plan, problems, warnings } = readRunPlan(flags, process.env);
  printProblems(problems);
  for (const warning of warnings)
    console.error(`${pc.yellow("warning")} ${escapeControls(warning)}`);
  return plan;
}

function printProblems(problems: readonly string[]): void {
  for (const problem of problems) console.error(`${pc.red("error")} ${escapeControls(problem)}`);
}

/** Returns the exit code. */
async function run(plan: RunPlan): Promise<number> {
  const history = openHistoryFile(plan.historyPath);
  if ("problem" in history) {
    printProblems([history.problem]);
    return 1;
  }
  const { setEnvironment } = await import("./environment.ts");
  const tokenServer = await setEnvironment(plan, process.env);
  try {
    const { checkAwsAccess } = await import("./aws-access.ts");
    const access = await checkAwsAccess();
    if ("region" in access) return await runInRegion(access.region, plan, history);
    printProblems(access.problems);
    return 1;
  } finally {
    await tokenServer?.close();
  }
}

async function runInRegion(region: string, plan: RunPlan, history: HistoryFile): Promise<number> {
  const { HANDLERS } = await import("../../local/engine/handlers.ts");
  const { runLoops } = await import("./run-loops.ts");
  const { isSuccess } = await import("../terminal/run-summary.ts");
  const { createStopSignal, endSoon } = await import("../terminal/stop-signal.ts");
  const { display, finish } = await createOutput(plan);
  const signal = createStopSignal();
  const { onEvent } = history;
  const tally = await runLoops(plan, { region, handlers: HANDLERS, display, onEvent, signal });
  finish(tally, history.close());
  if (signal.aborted) endSoon();
  if (plan.once) return isSuccess(tally) ? 0 : 1;
  return signal.aborted ? 0 : 1;
}

/** The display of a run, and how it prints the totals. */
interface RunOutput {
  display: RunDisplay;
  finish(tally: RunTally, historyLines: readonly string[]): void;
}

async function createOutput({
  json,
  once,
  loops,
  dryRun,
  historyPath,
}: RunPlan): Promise<RunOutput> {
  if (json) {
    const { createJsonDisplay } = await import("./json-display.ts");
    const display = createJsonDisplay(console.log);
    return { display, finish: (tally) => display.sumUp(tally, historyPath) };
  }
  const { createRunDisplay } = await import("./display.ts");
  const { formatRunSummary, printSummary } = await import("../terminal/run-summary.ts");
  return {
    display: createRunDisplay(process.stdout, { once, loops: loops.length }),
    finish: (tally, historyLines) =>
      printSummary([...formatRunSummary(tally, dryRun), ...historyLines], process.stdout),
  };
}
