import { readFileSync } from "node:fs";
import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";
import { type Json, jsonOf } from "./engine/json.ts";
import { type Handler, invoke, LAMBDA_LIMIT_SECONDS, TaskError, within } from "./engine/lambda.ts";
import {
  type EngineEvent,
  failureDetails,
  inputDetails,
  outputDetails,
  type Recorder,
  recorderOf,
  recordOf,
} from "./engine/recorder.ts";
import type { History, HistoryEvent } from "./history.ts";

/** A state machine's definition. */
export type Definition = StateMachineDefinition;

/** How long an Express execution may last. */
export const EXPRESS_LIMIT_SECONDS = 300;

/** One run of a definition. */
export interface RunOptions {
  definition: Definition;
  input: unknown;
  /** By the state's name; every Task needs one. */
  handlers: Readonly<Record<string, Handler>>;
  /** The execution's name. */
  name: string;
  /** Changes the definition before it runs, e.g. its Settings; is given a copy. */
  edit?: (definition: Definition) => Definition;
  /** Time limits of the Lambda functions, by state; default {@link LAMBDA_LIMIT_SECONDS}. */
  limitSeconds?: Readonly<Record<string, number>>;
  /** Hears of every event of the history as it happens. */
  onEvent?: (event: HistoryEvent) => void;
  /** Aborts the execution. */
  signal?: AbortSignal;
}

/** An execution that has been started. */
export interface Execution {
  /** What it came to; never rejects for what happened inside the execution. */
  outcome: Promise<Outcome>;
  /** How many handlers the execution is waiting for now: 0 or 1. */
  inFlight(): number;
}

/** How an execution ended. */
export interface Outcome {
  status: "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
  /** Present where it succeeded. */
  output?: Json;
  /** Present where it did not succeed. */
  error?: string;
  cause?: string;
  history: History;
}

/** The definition of the scaling loop, as it is deployed. */
export function scalingLoop(): Definition {
  const file = new URL("../statemachine/scaling-loop.asl.json", import.meta.url);
  return JSON.parse(readFileSync(file, "utf8"));
}

/**
 * Runs a definition on this machine, with its Tasks' handlers called as Lambda would call them.
 * What the engine does otherwise than AWS is made good here, so that a definition which works here
 * works there.
 * @throws Error where the definition is invalid, or a Task has no handler
 */
export function runExecution(options: RunOptions): Execution {
  const { input, name, edit = (copy) => copy, onEvent, signal } = options;
  const definition = edit(structuredClone(options.definition));
  const recorder = recorderOf(executionArn(name, Date.now()), onEvent);
  const gate = gateOf();
  const tasks = tasksOf(definition, options, recorder, gate);
  const running = new StateMachine(enforceable(definition)).run(jsonOf(input), {
    overrides: { taskResourceLocalHandlers: tasks.handlers },
    // The engine adds Input and StartTime.
    context: { Execution: { Name: name } },
  });
  signal?.addEventListener("abort", running.abort);
  if (signal?.aborted) running.abort();
  const outcome = outcomeOf(running, recorder, gate).finally(() =>
    signal?.removeEventListener("abort", running.abort),
  );
  return { outcome, inFlight: tasks.inFlight };
}

async function outcomeOf(
  { eventLogs, result }: ReturnType<StateMachine["run"]>,
  { history, record }: Recorder,
  gate: Gate,
): Promise<Outcome> {
  const settled = Promise.allSettled([result]); // A failure is the history's last event.
  for await (const event of eventLogs) {
    const recorded = recordOf(event);
    if (recorded !== undefined) record(recorded.type, recorded.details, event.timestamp);
    if (beginsAttempt(event)) gate.open();
  }
  await settled;
  return { ...endOf(history.at(-1)), history };
}

function endOf(last: HistoryEvent | undefined): Omit<Outcome, "history"> {
  const { output, error, cause } = last?.details ?? {};
  if (last?.type === "ExecutionSucceeded" && output !== undefined) {
    return { status: "SUCCEEDED", output: JSON.parse(output) };
  }
  const failure = {
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  };
  if (last?.type === "ExecutionTimedOut") return { status: "TIMED_OUT", ...failure };
  if (last?.type === "ExecutionAborted") return { status: "ABORTED" };
  return { status: "FAILED", ...failure };
}

function executionArn(name: string, startedMs: number): string {
  return `arn:aws:states:local:000000000000:express:scaling-loop:${name}:${startedMs}`;
}

/**
 * The definition as the engine is given it. Express ends every execution after five minutes. A
 * Task's own TimeoutSeconds is kept by us: the engine keeps it too, but fills its Cause, which on
 * AWS is empty; so the engine's is put off until ours has fired.
 */
function enforceable(definition: Definition): Definition {
  const states = Object.entries(definition.States).map(([name, state]) =>
    state.Type === "Task" && state.TimeoutSeconds !== undefined
      ? [name, { ...state, TimeoutSeconds: state.TimeoutSeconds + 1 }]
      : [name, state],
  );
  return {
    TimeoutSeconds: EXPRESS_LIMIT_SECONDS,
    ...definition,
    States: Object.fromEntries(states),
  };
}

/** Every Task's handler, as the engine calls it. */
function tasksOf(
  definition: Definition,
  { handlers, limitSeconds = LAMBDA_LIMIT_SECONDS }: RunOptions,
  recorder: Recorder,
  gate: Gate,
) {
  let inFlight = 0;
  const tasks = Object.entries(definition.States).flatMap(([state, { Type, ...rest }]) => {
    if (Type !== "Task") return [];
    const handler = handlers[state];
    if (handler === undefined) throw new Error(`the Task "${state}" has no handler`);
    const task = taskOf(state, rest);
    const call = async (event: Json) => {
      await gate.pass();
      inFlight += 1;
      try {
        return await attempt({ ...task, handler, event, limit: limitSeconds[state] }, recorder);
      } finally {
        inFlight -= 1;
      }
    };
    return [[state, call] as const];
  });
  return { handlers: Object.fromEntries(tasks), inFlight: () => inFlight };
}

interface Task {
  /** The function's name, which is also its file's. */
  functionName: string;
  resource: string;
  timeoutSeconds: number;
}

const DEFAULT_TIMEOUT_SECONDS = 60;

function taskOf(state: string, fields: object): Task {
  const timeout: unknown = Reflect.get(fields, "TimeoutSeconds");
  return {
    functionName: state.toLowerCase().replaceAll(" ", "-"),
    resource: String(Reflect.get(fields, "Resource")),
    timeoutSeconds: typeof timeout === "number" ? timeout : DEFAULT_TIMEOUT_SECONDS,
  };
}

/** One attempt of a Task, with the events that Step Functions writes for it. */
async function attempt(
  task: Task & { handler: Handler; event: Json; limit: number | undefined },
  { record }: Recorder,
): Promise<Json> {
  const { resource, timeoutSeconds: timeoutInSeconds, limit = timeoutInSeconds } = task;
  record("LambdaFunctionScheduled", { ...inputDetails(task.event), resource, timeoutInSeconds });
  record("LambdaFunctionStarted", {});
  try {
    const timedOut = () => new TaskError("States.Timeout", "");
    const result = await within(timeoutInSeconds * 1000, timedOut, () =>
      invoke({ ...task, limitSeconds: limit }),
    );
    record("LambdaFunctionSucceeded", outputDetails(result));
    return result;
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const how = error.name === "States.Timeout" ? "LambdaFunctionTimedOut" : "LambdaFunctionFailed";
    record(how, failureDetails(error.name, error.message));
    throw error;
  }
}

/** Opened once for each attempt of a Task. */
interface Gate {
  open(): void;
  pass(): Promise<void>;
}

/**
 * The engine calls a Task's handler before its log tells that the Task was entered. A handler waits
 * here until the log has been read that far, so that the history is in order.
 */
function gateOf(): Gate {
  let { promise, resolve } = Promise.withResolvers<void>();
  return {
    open: () => resolve(),
    pass: async () => {
      await promise;
      ({ promise, resolve } = Promise.withResolvers<void>());
    },
  };
}

function beginsAttempt(event: EngineEvent): boolean {
  return (
    (event.type === "StateEntered" || event.type === "StateRetried") && event.state.type === "Task"
  );
}
