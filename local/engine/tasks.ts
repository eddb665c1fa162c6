import type { Definition } from "../../config/definition.ts";
import {
  type Handler,
  invokeLambda,
  LAMBDA_LIMIT_SECONDS,
  runWithin,
  TaskError,
} from "./invoke-lambda.ts";
import type { Json } from "./json.ts";
import {
  type EngineEvent,
  type Recorder,
  toFailureDetails,
  toInputDetails,
  toOutputDetails,
} from "./recorder.ts";

/** Everything that running the Tasks of a definition needs. */
export interface TaskOptions {
  definition: Definition;
  /** By the state's name. */
  handlers: Readonly<Record<string, Handler>>;
  /** Time limits of the Lambda functions, by state. */
  limitSeconds?: Readonly<Record<string, number>>;
}

interface Task {
  handler: Handler;
  /** The name of the function and of its file. */
  functionName: string;
  resource: string;
  /** The Task's TimeoutSeconds. */
  timeoutSeconds: number;
  /** The Lambda function's own limit. */
  limitSeconds: number;
}

/**
 * Returns a handler for each Task, as the engine calls it, and the number of handlers in progress.
 * @throws Error if a Task has no handler
 */
export function createTasks(options: TaskOptions, recorder: Recorder, gate: Gate) {
  let inFlight = 0;
  const handlers = Object.entries(listTasks(options)).map(([state, task]) => {
    const call = async (event: Json) => {
      await gate.pass();
      inFlight += 1;
      try {
        return await attemptTask(task, event, recorder);
      } finally {
        inFlight -= 1;
      }
    };
    return [state, call] as const;
  });
  return { handlers: Object.fromEntries(handlers), inFlight: () => inFlight };
}

const DEFAULT_TIMEOUT_SECONDS = 60;

function listTasks({ definition, handlers, limitSeconds = LAMBDA_LIMIT_SECONDS }: TaskOptions) {
  const tasks: Record<string, Task> = {};
  for (const [name, state] of Object.entries(definition.States)) {
    if (state.Type !== "Task") continue;
    const handler = handlers[name];
    if (handler === undefined) throw new Error(`the Task "${name}" has no handler`);
    const timeoutSeconds = state.TimeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
    tasks[name] = {
      handler,
      functionName: name.toLowerCase().replaceAll(" ", "-"),
      resource: state.Resource,
      timeoutSeconds,
      limitSeconds: limitSeconds[name] ?? timeoutSeconds,
    };
  }
  return tasks;
}

/** Attempts a Task once, and records the events that Step Functions writes for an attempt. */
async function attemptTask(task: Task, event: Json, { record }: Recorder): Promise<Json> {
  const { resource, timeoutSeconds } = task;
  const timeout = { resource, timeoutInSeconds: timeoutSeconds };
  record("LambdaFunctionScheduled", { ...toInputDetails(event), ...timeout });
  record("LambdaFunctionStarted", {});
  try {
    const createTimeout = () => new TaskError("States.Timeout", "");
    const result = await runWithin(timeoutSeconds * 1000, createTimeout, () =>
      invokeLambda({ ...task, event }),
    );
    record("LambdaFunctionSucceeded", toOutputDetails(result));
    return result;
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const type =
      error.name === "States.Timeout" ? "LambdaFunctionTimedOut" : "LambdaFunctionFailed";
    record(type, toFailureDetails(error.name, error.message));
    throw error;
  }
}

/** Holds a handler back until its attempt may start. */
export interface Gate {
  open(): void;
  pass(): Promise<void>;
}

/**
 * Creates a gate. The engine calls a Task's handler before it logs that the Task was entered. The
 * handler waits at the gate until that event has been read, so that the history is in order.
 */
export function createGate(): Gate {
  let { promise, resolve } = Promise.withResolvers<void>();
  return {
    open: () => resolve(),
    pass: async () => {
      await promise;
      ({ promise, resolve } = Promise.withResolvers<void>());
    },
  };
}

/** Whether an event of the engine's log starts an attempt of a Task. */
export function beginsAttempt(event: EngineEvent): boolean {
  const begins = event.type === "StateEntered" || event.type === "StateRetried";
  return begins && event.state.type === "Task";
}
