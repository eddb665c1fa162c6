import type { Command } from "commander";
import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import { addRunOptions, type RunFlags } from "./flags.ts";
import { type HistoryFile, openHistoryFile } from "./history-file.ts";
import type { RunPlan } from "./plan.ts";

/** Registers `run`. */
export function addRun(program: Command): void {
  const command = program
    .command("run")
    .description("run the loop on this machine, against Buildkite and AWS, until it is stopped");
  addRunOptions(command).action(async (flags: RunFlags) => {
    const plan = await readPlan(flags);
    process.exitCode = plan === undefined ? 1 : await run(plan);
  });
}

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
  const { createRunDisplay } = await import("./display.ts");
  const { formatRunSummary, isSuccess, printSummary } = await import("../terminal/run-summary.ts");
  const { createStopSignal } = await import("../terminal/stop-signal.ts");
  const display = createRunDisplay(process.stdout, { once: plan.once, loops: plan.loops.length });
  const signal = createStopSignal();
  const { onEvent } = history;
  const tally = await runLoops(plan, { region, handlers: HANDLERS, display, onEvent, signal });
  const historyLines = history.close();
  printSummary([...formatRunSummary(tally, plan.dryRun), ...historyLines], process.stdout);
  if (plan.once) return isSuccess(tally) ? 0 : 1;
  return signal.aborted ? 0 : 1;
}
