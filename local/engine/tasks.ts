import type { Definition } from "../../config/definition.ts";
import { type Handler, LAMBDA_LIMIT_SECONDS, runWithin, TaskError } from "./invoke-lambda.ts";
import type { Json } from "./json.ts";
import { type EngineEvent, type Recorder, toFailureDetails, toOutputDetails } from "./recorder.ts";
import { createLambdaTask, createSdkTask, type Task } from "./task-kinds.ts";

/** Everything that running the Tasks of a definition needs. */
export interface TaskOptions {
  definition: Definition;
  /** By the state's name. A Task that calls AWS's SDK needs none. */
  handlers: Readonly<Record<string, Handler>>;
  /** Time limits of the Lambda functions, by state. */
  limitSeconds?: Readonly<Record<string, number>>;
  /** Aborts calls of AWS's SDK. */
  signal?: AbortSignal;
}

/**
 * Returns a handler for each Task, as the engine calls it, and the number of handlers in progress.
 * @throws Error if a Task has no handler
 */
export function createTasks(options: TaskOptions, recorder: Recorder, gate: Gate) {
  let inFlight = 0;
  const { signal = new AbortController().signal } = options;
  const handlers = Object.entries(listTasks(options)).map(([state, task]) => {
    const call = async (event: Json) => {
      await gate.pass();
      inFlight += 1;
      try {
        return await attemptTask(task, event, recorder, signal);
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
    const timeoutSeconds = state.TimeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
    const limits = { timeoutSeconds, limitSeconds: limitSeconds[name] ?? timeoutSeconds };
    const task = { name, resource: state.Resource, handler: handlers[name], ...limits };
    tasks[name] = createSdkTask(task) ?? createLambdaTask(task);
  }
  return tasks;
}

/** Attempts a Task once, and records the events that Step Functions writes for an attempt. */
async function attemptTask(
  { events, details, schedule, timeoutSeconds, work }: Task,
  event: Json,
  { record }: Recorder,
  signal: AbortSignal,
): Promise<Json> {
  record(`${events}Scheduled`, schedule(event));
  record(`${events}Started`, details);
  const ended = new AbortController();
  try {
    const createTimeout = () => new TaskError("States.Timeout", "");
    const result = await runWithin(timeoutSeconds * 1000, createTimeout, () =>
      work(event, AbortSignal.any([ended.signal, signal])),
    );
    record(`${events}Succeeded`, { ...details, ...toOutputDetails(result) });
    return result;
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const outcome = error.name === "States.Timeout" ? "TimedOut" : "Failed";
    record(`${events}${outcome}`, { ...details, ...toFailureDetails(error.name, error.message) });
    throw error;
  } finally {
    ended.abort();
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
