import type { Command } from "commander";
import pc from "picocolors";
import { createHistoryFile, type HistoryFile } from "./history-file.ts";
import { addOptions, type RunFlags } from "./options.ts";
import type { RunPlan } from "./plan.ts";

/** Registers `run`. */
export function addRun(program: Command): void {
  const command = program
    .command("run")
    .description("run the loop on this machine, against Buildkite and AWS, until it is stopped");
  addOptions(command).action(async (flags: RunFlags) => {
    const plan = await planned(flags);
    process.exitCode = plan === undefined ? 1 : await run(plan);
  });
}

/** Prints what is wrong or odd. Nothing is started where anything is wrong. */
async function planned(flags: RunFlags): Promise<RunPlan | undefined> {
  const { readRunPlan } = await import("./plan.ts");
  const { plan, problems, warnings } = readRunPlan(flags, process.env);
  for (const problem of problems) refuse(problem);
  for (const warning of warnings) console.error(`${pc.yellow("warning")} ${warning}`);
  return plan;
}

function refuse(problem: string): void {
  console.error(`${pc.red("error")} ${problem}`);
}

/** Gives the exit code. */
async function run(plan: RunPlan): Promise<number> {
  const history = createHistoryFile(plan.historyPath);
  if ("problem" in history) {
    refuse(history.problem);
    return 1;
  }
  const { setEnvironment } = await import("./environment.ts");
  const tokenServer = await setEnvironment(plan, process.env);
  try {
    const { checkAwsAccess } = await import("./aws.ts");
    const access = await checkAwsAccess();
    if ("region" in access) return await runIn(access.region, plan, history);
    for (const problem of access.problems) refuse(problem);
    return 1;
  } finally {
    await tokenServer?.close();
  }
}

async function runIn(region: string, plan: RunPlan, history: HistoryFile): Promise<number> {
  const { HANDLERS } = await import("../../local/engine/handlers.ts");
  const { runLoops } = await import("./run.ts");
  const { createRunDisplay } = await import("./display.ts");
  const { formatRunSummary, isSuccess } = await import("./summary.ts");
  const stage = createRunDisplay(process.stdout, { once: plan.once, loops: plan.loops.length });
  const signal = stopSignal();
  const { onEvent } = history;
  const tally = await runLoops(plan, { region, handlers: HANDLERS, stage, onEvent, signal });
  const written = await history.write();
  console.log(["", ...formatRunSummary(tally, plan.dryRun), ...written].join("\n"));
  if (plan.once) return isSuccess(tally) ? 0 : 1;
  return signal.aborted ? 0 : 1;
}

/** Ctrl-C, or whoever runs this as a service, ends it; a second time at once. */
function stopSignal(): AbortSignal {
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stopped.abort());
  return stopped.signal;
}
