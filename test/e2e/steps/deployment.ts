import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { EVENT_SOURCE } from "../../../local/sandbox/buildkite-events.ts";
import { type EndedExecution, listExecutions, machineArn, waitForEnd } from "../execution.ts";
import { type Inventory, takeInventory } from "../inventory.ts";
import { PREFIX, REGION, type Stage } from "../stage.ts";
import { CLUSTER, GRACEFUL, gracefulInput, loopInput } from "../world.ts";

/** Checks of `serverless deploy` and `serverless remove`. */

const FUNCTIONS = [
  "apply-scaling",
  "claim-slot",
  "compute-capacity",
  "fetch-metrics",
  "publish-metrics",
].map((name) => `${PREFIX}-${name}`);

/** Only the graceful loop has alarms on instances, and only the other one an alarm on events. */
const ALARMS = [
  ...nameAlarms("agent-token-not-read", GRACEFUL, CLUSTER),
  "apply-scaling-failed",
  ...nameAlarms("beyond-maximum", GRACEFUL, CLUSTER),
  "compute-capacity-failed",
  ...nameAlarms("dangling-instances", GRACEFUL),
  "executions-failed",
  "executions-timed-out",
  ...nameAlarms("held-polls", GRACEFUL, CLUSTER),
  ...nameAlarms("instances-not-answering", GRACEFUL),
  "loops-missed",
  ...nameAlarms("no-events", CLUSTER),
  ...nameAlarms("no-loop-started", GRACEFUL, CLUSTER),
  ...nameAlarms("overdue-drains", GRACEFUL),
  "publish-metrics-failed",
  ...nameAlarms("refused-scalings", GRACEFUL, CLUSTER),
].map((name) => `${PREFIX}-${name}`);

function nameAlarms(name: string, ...loops: string[]): string[] {
  return loops.map((loop) => `${name}.${loop}`);
}

/** One role for each function, one for the state machine, one for the schedules. */
const ROLES = FUNCTIONS.length + 2;

/** Deploys, and checks that the output says where to look and what to do next. */
export async function deployFirst(stage: Stage): Promise<void> {
  const output = await stage.serverless("deploy");
  const machine = `/states/home?region=${REGION}#/statemachines/view/${machineArn(stage)}`;
  const dashboard = `/cloudwatch/home?region=${REGION}#dashboards:name=${PREFIX}`;
  for (const link of [machine, dashboard]) assert.ok(output.includes(link), output);
  assert.match(output, /polls within five minutes/);
}

/** Checks that every expected resource exists, and no other. */
export async function checkResources(stage: Stage): Promise<void> {
  const { roles = [], buckets = [], queues = [], ...rest } = await takeInventory(stage);
  assert.deepEqual(rest, {
    stacks: [PREFIX],
    functions: FUNCTIONS,
    schedules: [GRACEFUL, CLUSTER],
    "schedule groups": [PREFIX],
    machines: [PREFIX],
    "log groups": [
      ...FUNCTIONS.map((name) => `/aws/lambda/${name}`),
      `/aws/vendedlogs/states/${PREFIX}`,
    ],
    "event buses": [EVENT_SOURCE],
    alarms: ALARMS,
    dashboards: [PREFIX],
  });
  assert.equal(roles.length, ROLES);
  assert.equal(buckets.length, 1, "only the deployment bucket");
  assert.deepEqual(
    queues.map((url) => url.split("/").at(-1)),
    [`${PREFIX}-events-${CLUSTER}-1.fifo`, `${PREFIX}-missed-loops`],
  );
}

const functionsSchema = v.object({
  Functions: v.array(v.object({ Runtime: v.string(), Architectures: v.array(v.string()) })),
});

const machineSchema = v.object({ type: v.string() });

/** Checks the architecture, Node 24, and the type of the state machine. */
export async function checkRuntimes(stage: Stage): Promise<void> {
  const { account } = stage;
  const answer = await account.read("lambda", "/2015-03-31/functions");
  for (const each of v.parse(functionsSchema, answer).Functions)
    assert.deepEqual(each, { Runtime: "nodejs24.x", Architectures: ["arm64"] });
  const machine = await account.json("states", "AWSStepFunctions.DescribeStateMachine", {
    stateMachineArn: machineArn(stage),
  });
  assert.equal(v.parse(machineSchema, machine).type, "EXPRESS");
}

const scheduleSchema = v.object({
  ScheduleExpression: v.string(),
  FlexibleTimeWindow: v.object({ Mode: v.string() }),
  State: v.string(),
  Target: v.object({
    Arn: v.string(),
    RoleArn: v.string(),
    Input: v.pipe(v.string(), v.parseJson()),
    RetryPolicy: v.object({
      MaximumEventAgeInSeconds: v.number(),
      MaximumRetryAttempts: v.number(),
    }),
    DeadLetterConfig: v.object({ Arn: v.string() }),
  }),
});

const SCHEDULED_TIME = "<aws.scheduler.scheduled-time>";

async function readSchedule({ account }: Stage) {
  const answer = await account.read("scheduler", `/schedules/${CLUSTER}?groupName=${PREFIX}`);
  return v.parse(scheduleSchema, answer);
}

const eventsSchema = v.looseObject({ events: v.object({ queueUrl: v.string() }) });

/** Returns the loop of scalers.yml with its queue of events, as the schedule passes it. */
export async function readListeningInput(stage: Stage) {
  const { Target } = await readSchedule(stage);
  const { events } = v.parse(eventsSchema, Target.Input);
  return { ...loopInput(stage), events };
}

/** Checks that the schedule runs every three minutes, with the loop of scalers.yml and the scheduled time. */
export async function checkSchedule(stage: Stage): Promise<void> {
  const { region } = stage.account;
  const { Target, ...rest } = await readSchedule(stage);
  const input = await readListeningInput(stage);
  assert.ok(input.events.queueUrl.endsWith(`/${PREFIX}-events-${CLUSTER}-1.fifo`));
  assert.deepEqual(rest, {
    ScheduleExpression: "cron(0/3 * * * ? *)",
    FlexibleTimeWindow: { Mode: "OFF" },
    State: "ENABLED",
  });
  const { RoleArn, ...target } = Target;
  assert.deepEqual(target, {
    Arn: machineArn(stage),
    Input: { scheduledAt: SCHEDULED_TIME, ...input },
    RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 3 },
    DeadLetterConfig: { Arn: `arn:aws:sqs:${region}:000000000000:${PREFIX}-missed-loops` },
  });
  assert.match(RoleArn, /ScheduleRole/);
}

/** One period, and some time for an emulator that checks its schedules at intervals. */
const PERIOD_AND_SLACK_MILLISECONDS = 260_000;

/**
 * Checks that the schedule starts executions. MiniStack does not replace the placeholder of the
 * scheduled time, so each of them is refused.
 */
export async function checkThatScheduleStarts(stage: Stage): Promise<void> {
  const untilMs = performance.now() + PERIOD_AND_SLACK_MILLISECONDS;
  while (performance.now() < untilMs) {
    const arns = await listExecutions(stage);
    const [arn] = arns.filter((each) => !stage.startedHere.has(each));
    if (arn !== undefined) return assertRefused(stage, await waitForEnd(stage, arn));
    await sleep(1000);
  }
  assert.fail("the schedule started no execution");
}

const namedSchema = v.looseObject({ name: v.string() });

async function assertRefused(stage: Stage, execution: EndedExecution): Promise<void> {
  const input = v.parse(namedSchema, JSON.parse(execution.input));
  const loops = [await readListeningInput(stage), gracefulInput(stage)];
  const loop = loops.find(({ name }) => name === input.name);
  assert.deepEqual(input, { scheduledAt: SCHEDULED_TIME, ...loop });
  assert.equal(execution.error, "InvalidInput");
}

/** Returns a check that the account is as before the first deploy. */
export function checkThatNothingIsLeft(before: Inventory): (stage: Stage) => Promise<void> {
  return async (stage) => assert.deepEqual(await takeInventory(stage), before);
}
