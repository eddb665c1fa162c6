import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { recordedPollSchema } from "../../local/engine/recorded-tasks.ts";
import { PREFIX, type Stage } from "./stage.ts";

/** Executions of the deployed state machine, and their histories. */

const startedSchema = v.object({ executionArn: v.string() });

const executionSchema = v.object({
  status: v.string(),
  input: v.string(),
  error: v.nullish(v.string()),
  cause: v.nullish(v.string()),
});

const enteredSchema = v.object({ name: v.string(), input: v.string() });
const exitedSchema = v.object({ name: v.string(), output: v.string() });

const historyPageSchema = v.object({
  events: v.array(
    v.object({
      type: v.string(),
      timestamp: v.number(),
      stateEnteredEventDetails: v.optional(enteredSchema),
      stateExitedEventDetails: v.optional(exitedSchema),
      /** MiniStack calls a function as a task of any kind. */
      taskSucceededEventDetails: v.optional(v.object({ output: v.string() })),
    }),
  ),
  nextToken: v.nullish(v.string()),
});

/** One visit to a state. */
export interface Visit {
  state: string;
  /** Epoch milliseconds. */
  enteredMs: number;
  /** JSON, as are outputs. */
  input: string;
  /** The answer of a Task's function. */
  answer?: string;
  /** Absent if the state has not ended. */
  output?: string;
}

/** An execution that has ended. */
export interface EndedExecution extends v.InferOutput<typeof executionSchema> {
  visits: Visit[];
}

/** Returns the ARN of the deployed state machine. */
export function machineArn({ account: { region } }: Stage): string {
  return `arn:aws:states:${region}:000000000000:stateMachine:${PREFIX}`;
}

/** Starts an execution, and returns its ARN. */
export async function startExecution(stage: Stage, input: object): Promise<string> {
  const request = { stateMachineArn: machineArn(stage), input: JSON.stringify(input) };
  const answer = await stage.account.json("states", "AWSStepFunctions.StartExecution", request);
  const { executionArn } = v.parse(startedSchema, answer);
  stage.startedHere.add(executionArn);
  return executionArn;
}

/** Longer than any slot of this test. */
const ENDS_WITHIN_MILLISECONDS = 90_000;

/** Waits until an execution has ended. @throws Error if it takes longer than any slot of this test */
export async function waitForEnd(stage: Stage, executionArn: string): Promise<EndedExecution> {
  const untilMs = performance.now() + ENDS_WITHIN_MILLISECONDS;
  while (performance.now() < untilMs) {
    const answer = await stage.account.json("states", "AWSStepFunctions.DescribeExecution", {
      executionArn,
    });
    const execution = v.parse(executionSchema, answer);
    if (execution.status !== "RUNNING")
      return { ...execution, visits: await listVisits(stage, executionArn) };
    await sleep(200);
  }
  const last = JSON.stringify((await listVisits(stage, executionArn)).at(-1));
  throw new Error(`the execution ${executionArn} does not end; its last state is ${last}`);
}

/** Runs an execution to its end. */
export async function runToEnd(stage: Stage, input: object): Promise<EndedExecution> {
  return waitForEnd(stage, await startExecution(stage, input));
}

/** Returns the states that an execution has entered so far, in order. */
export async function listVisits({ account }: Stage, executionArn: string): Promise<Visit[]> {
  const request = { executionArn, maxResults: 1000 };
  const answer = await account.json("states", "AWSStepFunctions.GetExecutionHistory", request);
  const { events, nextToken } = v.parse(historyPageSchema, answer);
  if (nextToken) throw new Error("the history has more than one page");
  const visits: Visit[] = [];
  for (const event of events) {
    const { stateEnteredEventDetails, stateExitedEventDetails, taskSucceededEventDetails } = event;
    if (stateEnteredEventDetails !== undefined) {
      const { name, input } = stateEnteredEventDetails;
      visits.push({ state: name, enteredMs: event.timestamp * 1000, input });
    }
    const last = visits.at(-1);
    if (last === undefined) continue;
    if (taskSucceededEventDetails !== undefined) last.answer = taskSucceededEventDetails.output;
    if (stateExitedEventDetails !== undefined) last.output = stateExitedEventDetails.output;
  }
  return visits;
}

/** Returns the decisions of each poll, with the time of its Fetch metrics. */
export function listPolls(visits: readonly Visit[]) {
  const fetchTimesMs = visits
    .filter(({ state }) => state === "Fetch metrics")
    .map(({ enteredMs }) => enteredMs);
  return visits
    .filter(({ state, answer }) => state === "Compute capacity" && answer !== undefined)
    .map(({ answer = "" }, index) => ({
      askedMs: fetchTimesMs[index] ?? Number.NaN,
      ...v.parse(recordedPollSchema, JSON.parse(answer)),
    }));
}

const executionListSchema = v.object({
  executions: v.array(v.object({ executionArn: v.string() })),
});

/** Returns the ARNs of all executions of the state machine. */
export async function listExecutions(stage: Stage): Promise<string[]> {
  const request = { stateMachineArn: machineArn(stage) };
  const answer = await stage.account.json("states", "AWSStepFunctions.ListExecutions", request);
  return v.parse(executionListSchema, answer).executions.map(({ executionArn }) => executionArn);
}
