import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type EndedExecution,
  listPolls,
  listVisits,
  runToEnd,
  startExecution,
  type Visit,
  waitForEnd,
} from "../execution.ts";
import type { Stage } from "../stage.ts";
import { loopInput, readDesiredCapacities } from "../world.ts";

/** Checks of executions. No agent of the sandbox takes a job, so the number of jobs is constant. */

/** Long enough that metrics are published once. */
const SLOT_SECONDS = 60;

const INTERVAL_SECONDS = 10;

/** More than a poll takes here, and much less than an interval. */
const LATE_MILLISECONDS = 4000;

/**
 * Runs a loop with three queues. After the first poll, jobs arrive in one of them.
 *   small: 2 jobs / 1 agent per instance = 2 instances; with 4 more jobs 6
 *   large: 7 scheduled + 2 running = 9 jobs / 4 agents per instance = 3 instances
 *   full: 50 jobs / 1 agent per instance, with a maximum of 5 = 5 instances
 */
export async function checkThreeQueues(stage: Stage): Promise<void> {
  const { world } = stage;
  world.setQueue("small", { scheduled: 2 });
  world.setQueue("large", { scheduled: 7, running: 2, busy: 2 });
  world.setQueue("full", { scheduled: 50 });

  const arn = await startExecution(stage, { ...loopInput(stage), slotSeconds: SLOT_SECONDS });
  await waitUntil(async () => (await readPolls(stage, arn)).length === 1);
  assert.deepEqual(await readCapacitiesAfterPoll(stage, arn), { small: 2, large: 3, full: 5 });

  world.setQueue("small", { scheduled: 6 });
  const arrivedMs = Date.now();
  const execution = await waitForEnd(stage, arn);
  assert.equal(execution.status, "SUCCEEDED");
  assert.deepEqual(await readDesiredCapacities(stage), { small: 6, large: 3, full: 5 });
  assertServedAtNextBeat(execution, arrivedMs);
  assertBeat(execution.visits, INTERVAL_SECONDS, SLOT_SECONDS / INTERVAL_SECONDS);
  assertWholeHistory(execution);
}

async function readPolls(stage: Stage, arn: string) {
  return listPolls(await listVisits(stage, arn));
}

/** Returns the desired capacities as soon as the first poll waits for the second. */
async function readCapacitiesAfterPoll(stage: Stage, arn: string): Promise<Record<string, number>> {
  const waits = ({ state }: Visit) => state === "Wait for next poll";
  await waitUntil(async () => (await listVisits(stage, arn)).some(waits));
  return readDesiredCapacities(stage);
}

/** Checks that the first poll after the arrival scales out, and no other. */
function assertServedAtNextBeat({ visits }: EndedExecution, arrivedMs: number): void {
  const [, ...later] = listPolls(visits);
  const scaleOuts = later.filter(({ decisions }) =>
    decisions.some(({ action }) => action !== "none"),
  );
  assert.equal(scaleOuts.length, 1);
  const next = later.find(({ askedMs }) => askedMs > arrivedMs);
  assert.deepEqual(next, scaleOuts[0]);
  const moved = next?.decisions.filter(({ action }) => action !== "none");
  assert.deepEqual(
    moved?.map(({ scaler, from, to }) => ({ scaler, from, to })),
    [{ scaler: "small", from: 2, to: 6 }],
  );
}

/** Checks that each poll starts at its beat, and that beats are one interval apart. */
export function assertBeat(visits: readonly Visit[], intervalSeconds: number, polls: number): void {
  const polled = listPolls(visits);
  assert.equal(polled.length, polls);
  const beatsMs = polled.map(({ next }) => Date.parse(next.nextPollAt));
  for (const [index, beatMs] of beatsMs.slice(1).entries())
    assert.equal(beatMs - (beatsMs[index] ?? Number.NaN), intervalSeconds * 1000);
  for (const [index, { askedMs }] of polled.slice(1).entries()) {
    const lateMs = askedMs - (beatsMs[index] ?? Number.NaN);
    assert.ok(lateMs >= 0 && lateMs < LATE_MILLISECONDS, `poll ${index + 2} is ${lateMs} ms late`);
  }
}

const STATES = [
  "Settings",
  "Claim slot",
  "Wait for our turn",
  "Fetch metrics",
  "Compute capacity",
  "Anything to do?",
  "Apply scaling",
  "Metrics due?",
  "Time left?",
  "Wait for next poll",
  "Publish metrics",
  "Done",
];

/** Checks that the history has the input and the output of every state, and no secret. */
function assertWholeHistory({ visits, input }: EndedExecution): void {
  assert.deepEqual(
    STATES.filter((name) => !visits.some(({ state }) => state === name)),
    [],
    "states that were never entered",
  );
  for (const { state, input, output } of visits) {
    assert.equal(typeof JSON.parse(input), "object", `the input of ${state}`);
    if (state !== "Done") assert.equal(typeof JSON.parse(output ?? "0"), "object", state);
  }
  assert.doesNotMatch(JSON.stringify([visits, input]), /bkct_/);
}

/** Checks that a late start polls for the rest of its slot: here for ten seconds. */
export async function checkLateStart(stage: Stage): Promise<void> {
  const startedMs = Math.floor(Date.now() / 1000) * 1000;
  const scheduledAt = new Date(startedMs - 230_000).toISOString(); // Its slot ends 240 s after it.
  const { status, visits } = await runToEnd(stage, { ...loopInput(stage), scheduledAt });
  assert.equal(status, "SUCCEEDED");
  const polls = listPolls(visits).length;
  assert.ok(polls === 1 || polls === 2, `${polls} polls in ten seconds`);
}

/** Checks that an execution ends at once if its slot is over. */
export async function checkStartAfterSlot(stage: Stage): Promise<void> {
  const scheduledAt = new Date(Date.now() - 300_000).toISOString();
  const { status, visits } = await runToEnd(stage, { ...loopInput(stage), scheduledAt });
  assert.equal(status, "SUCCEEDED");
  assert.deepEqual(
    visits.map(({ state }) => state),
    ["Settings", "Claim slot", "Done"],
  );
}

/** Checks that a new interval applies from the next execution on. */
export async function checkNewInterval(stage: Stage): Promise<void> {
  const { visits } = await runToEnd(stage, { ...loopInput(stage), slotSeconds: 12 });
  assertBeat(visits, 4, 3); // At 0, 4 and 8 s.
}

const HAPPENS_WITHIN_MILLISECONDS = 15_000;

/** Waits until something has happened. @throws Error if it takes longer than a poll and its wait */
export async function waitUntil(isTrue: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + HAPPENS_WITHIN_MILLISECONDS;
  while (performance.now() < untilMs) {
    if (await isTrue()) return;
    await sleep(200);
  }
  assert.fail("the condition was not met in time");
}
