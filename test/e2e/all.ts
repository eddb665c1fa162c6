import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import pc from "picocolors";
import { findPython } from "../support/python.ts";
import { inventory } from "./inventory.ts";
import { type Folders, installMiniStack, startMiniStack } from "./ministack.ts";
import { endAll } from "./processes.ts";
import { copyProject } from "./project-copy.ts";
import { type Stage, setStage } from "./stage.ts";
import {
  hasTheResources,
  hasTheSchedule,
  leftNothing,
  runsOnWhatWasChosen,
  scheduleFires,
} from "./steps/deployment.ts";
import {
  goesOnWithTheRightToken,
  holdsOnAWrongToken,
  refusesWhatIsNoTime,
} from "./steps/faults.ts";
import { joinsItsSlot, keepsTheNewBeat, leavesAnOldSlot, servesThreeQueues } from "./steps/loop.ts";
import { publishesMetrics, publishesWhatIsSo } from "./steps/metrics.ts";
import { createGroups, putToken, writeScalers } from "./world.ts";

/**
 * Proves a deployment from end to end: `serverless deploy` into MiniStack, an emulator of AWS, beside
 * the sandbox's Buildkite. Ends with 3 where there is no Python to run MiniStack.
 */

const NO_PYTHON = 3;
const INTERRUPTED = 130;

const startedMs = performance.now();

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const beganMs = performance.now();
  process.stdout.write(`${pc.dim("…")} ${name}\n`);
  const result = await work().catch((error: unknown) => {
    process.stdout.write(`${pc.red("✘")} ${name} ${pc.dim(`(${secondsSince(beganMs)} s)`)}\n`);
    throw error;
  });
  process.stdout.write(`${pc.green("✔")} ${name} ${pc.dim(`(${secondsSince(beganMs)} s)`)}\n`);
  return result;
}

function secondsSince(ms: number): string {
  return ((performance.now() - ms) / 1000).toFixed(1);
}

async function prepared(endpoint: string, folders: Folders): Promise<Stage> {
  const stage = await setStage(endpoint, copyProject(folders), folders.temporary);
  await createGroups(stage);
  await putToken(stage);
  writeScalers(stage);
  return stage;
}

async function proven(stage: Stage): Promise<void> {
  const check = (name: string, work: (stage: Stage) => Promise<unknown>) =>
    step(name, () => work(stage));
  const before = await inventory(stage);
  await check("npx serverless deploy", ({ serverless }) => serverless("deploy"));
  await check("every resource is there, and no other", hasTheResources);
  await check("arm64, Node 24, Express", runsOnWhatWasChosen);
  await check("the schedule is what starts a loop every four minutes", hasTheSchedule);
  await check("a start without a time is refused by name", refusesWhatIsNoTime);
  await check("a start whose slot is over ends at once", leavesAnOldSlot);
  await check("three groups get what the jobs need, new jobs at the next beat", servesThreeQueues);
  await check("the metrics have the official exporter's names", publishesMetrics);
  await check("the metrics have the right values", publishesWhatIsSo);
  await check("a late start joins its slot", joinsItsSlot);
  await check("a wrong token holds every group, and is told", holdsOnAWrongToken);
  await check("the right token is enough to go on", goesOnWithTheRightToken);
  await check("npx serverless deploy with another poll interval", redeployed);
  await check("the new beat holds", keepsTheNewBeat);
  await check("the schedule fires (at most four minutes)", scheduleFires);
  await check("npx serverless remove", ({ serverless }) => serverless("remove"));
  await check("nothing is left", leftNothing(before));
}

function redeployed({ project, serverless }: Stage): Promise<string> {
  const definition = "statemachine/scaling-loop.asl.yml";
  project.edit(definition, "pollIntervalSeconds: 10", "pollIntervalSeconds: 4");
  return serverless("deploy");
}

function newFolders(): Folders {
  const project = resolve(import.meta.dirname, "../..");
  mkdirSync(join(project, ".e2e"), { recursive: true });
  const work = mkdtempSync(join(project, ".e2e/run-"));
  const temporary = join(work, "tmp");
  mkdirSync(temporary);
  return { project, work, temporary };
}

/** Starts what is needed, proves, and ends what was started, however that went. */
async function run(python: string): Promise<void> {
  const folders = newFolders();
  const forget = () => rmSync(folders.work, { recursive: true, force: true });
  const interrupted = () =>
    void endAll()
      .then(forget)
      .finally(() => process.exit(INTERRUPTED));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupted);
  await onMiniStack(python, folders).finally(endAll);
  forget();
  console.log(pc.green(`Proven end to end in ${secondsSince(startedMs)} s.`));
}

async function onMiniStack(python: string, folders: Folders): Promise<void> {
  const install = () => installMiniStack(python, folders);
  const program = await step("MiniStack is installed (PyPI)", install);
  const { endpoint, said } = await step("MiniStack answers", () =>
    startMiniStack(program, folders),
  );
  const stage = await step("three groups, a token, scalers.yml, and Buildkite's sandbox", () =>
    prepared(endpoint, folders),
  );
  try {
    await proven(stage);
  } catch (error) {
    const log = join(folders.work, "ministack.log");
    writeFileSync(log, said());
    throw new Error(`not proven; what MiniStack said stands in ${log}`, { cause: error });
  } finally {
    await stage.sandbox.close();
  }
}

const python = findPython();
if (python === undefined) {
  console.error("MiniStack needs Python 3.10 or later, and there is none on the path: skipped.");
  process.exitCode = NO_PYTHON;
} else {
  await run(python);
}
