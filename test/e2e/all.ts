import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import pc from "picocolors";
import { findPython } from "../support/python.ts";
import { takeInventory } from "./inventory.ts";
import { type Folders, installMiniStack, startMiniStack } from "./ministack.ts";
import { endAll } from "./processes.ts";
import { copyProject } from "./project-copy.ts";
import { type Stage, setStage } from "./stage.ts";
import {
  checkResources,
  checkRuntimes,
  checkSchedule,
  checkThatNothingIsLeft,
  checkThatScheduleStarts,
  deployFirst,
} from "./steps/deployment.ts";
import { checkEvent, checkForeignQueue } from "./steps/events.ts";
import { checkInvalidTime, checkNewToken, checkWrongToken } from "./steps/faults.ts";
import { checkDocumentNames, checkRoles, checkSurplus, checkTimesTag } from "./steps/graceful.ts";
import {
  checkLateStart,
  checkNewInterval,
  checkStartAfterSlot,
  checkThreeQueues,
} from "./steps/loop.ts";
import { checkMetricNames, checkMetricValues } from "./steps/metrics.ts";
import { createGroups, putToken, writeScalers } from "./world.ts";

/**
 * Tests a deployment from end to end: `serverless deploy` into MiniStack, an emulator of AWS, with the
 * sandbox's Buildkite. The exit code is 3 if there is no Python to run MiniStack.
 */

const NO_PYTHON = 3;
const INTERRUPTED = 130;

const startedMs = performance.now();

async function runStep<T>(name: string, work: () => Promise<T>): Promise<T> {
  const beganMs = performance.now();
  process.stdout.write(`${pc.dim("…")} ${name}\n`);
  const result = await work().catch((error: unknown) => {
    process.stdout.write(
      `${pc.red("✘")} ${name} ${pc.dim(`(${formatSecondsSince(beganMs)} s)`)}\n`,
    );
    throw error;
  });
  process.stdout.write(
    `${pc.green("✔")} ${name} ${pc.dim(`(${formatSecondsSince(beganMs)} s)`)}\n`,
  );
  return result;
}

function formatSecondsSince(ms: number): string {
  return ((performance.now() - ms) / 1000).toFixed(1);
}

async function prepareStage(endpoint: string, folders: Folders): Promise<Stage> {
  const stage = await setStage(endpoint, copyProject(folders), folders.temporary);
  await createGroups(stage);
  await putToken(stage);
  writeScalers(stage);
  return stage;
}

async function runSteps(stage: Stage): Promise<void> {
  const check = (name: string, work: (stage: Stage) => Promise<unknown>) =>
    runStep(name, () => work(stage));
  const before = await takeInventory(stage);
  await check("npx serverless deploy, which prints links and what to do next", deployFirst);
  await check("every resource exists, and no other", checkResources);
  await check("arm64, Node 24, Express", checkRuntimes);
  await check("the schedule starts an execution every three minutes", checkSchedule);
  await check("only two functions know the SSM documents", checkDocumentNames);
  await check("the roles may command the instances of the graceful group only", checkRoles);
  await check("a start with an invalid time is refused", checkInvalidTime);
  await check("an execution whose slot is over ends at once", checkStartAfterSlot);
  await check(
    "three groups get the instances that their jobs need; new jobs count at the next beat",
    checkThreeQueues,
  );
  await check("the metrics have the official exporter's names", checkMetricNames);
  await check("the metrics have the right values", checkMetricValues);
  await check("an event on Buildkite's bus leads to a poll before the beat", checkEvent);
  await check("an execution hears its own queue only", checkForeignQueue);
  await check("a late start polls for the rest of its slot", checkLateStart);
  await check("a wrong token holds every group, and a metric reports it", checkWrongToken);
  await check("a new token is used without a deploy", checkNewToken);
  await check("a graceful group has the times of its scalings in a tag", checkTimesTag);
  await check(
    "a surplus in a graceful group is remembered by its tag and never ends an instance",
    checkSurplus,
  );
  await check("npx serverless deploy with another poll interval", deployNewInterval);
  await check("the new interval is used", checkNewInterval);
  await check("the schedule starts an execution (up to three minutes)", checkThatScheduleStarts);
  await check("npx serverless remove", ({ serverless }) => serverless("remove"));
  await check("nothing is left", checkThatNothingIsLeft(before));
}

function deployNewInterval({ project, serverless }: Stage): Promise<string> {
  const definition = "statemachine/scaling-loop.asl.yml";
  project.edit(definition, "pollIntervalSeconds: 10", "pollIntervalSeconds: 4");
  return serverless("deploy");
}

function createFolders(): Folders {
  const project = resolve(import.meta.dirname, "../..");
  mkdirSync(join(project, ".e2e"), { recursive: true });
  const work = mkdtempSync(join(project, ".e2e/run-"));
  const temporary = join(work, "tmp");
  mkdirSync(temporary);
  return { project, work, temporary };
}

/** Runs all steps, and ends everything that was started, whatever happens. */
async function runOnMiniStackAndCleanUp(python: string): Promise<void> {
  const folders = createFolders();
  const removeFolders = () => rmSync(folders.work, { recursive: true, force: true });
  const endInterrupted = () =>
    void endAll()
      .then(removeFolders)
      .finally(() => process.exit(INTERRUPTED));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, endInterrupted);
  await runOnMiniStack(python, folders).finally(endAll);
  removeFolders();
  console.log(pc.green(`The end-to-end test passed in ${formatSecondsSince(startedMs)} s.`));
}

async function runOnMiniStack(python: string, folders: Folders): Promise<void> {
  const install = () => installMiniStack(python, folders);
  const program = await runStep("MiniStack is installed (PyPI)", install);
  const { endpoint, output } = await runStep("MiniStack answers", () =>
    startMiniStack(program, folders),
  );
  const stage = await runStep(
    "three groups, a token, scalers.yml, and the sandbox's Buildkite",
    () => prepareStage(endpoint, folders),
  );
  try {
    await runSteps(stage);
  } catch (error) {
    const log = join(folders.work, "ministack.log");
    writeFileSync(log, output());
    throw new Error(`a step failed; ${log} has the output of MiniStack`, { cause: error });
  } finally {
    await stage.sandbox.close();
  }
}

const python = findPython();
if (python === undefined) {
  console.error("Skipped: MiniStack needs Python 3.10 or later, and none is on the path.");
  process.exitCode = NO_PYTHON;
} else {
  await runOnMiniStackAndCleanUp(python);
}
