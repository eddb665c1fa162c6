import type { Definition } from "../../config/definition.ts";
import { createMachine } from "./create-machine.ts";
import type { History, HistoryEvent } from "./history.ts";
import type { Handler } from "./invoke-lambda.ts";
import { type Json, toJson } from "./json.ts";
import { createRecorder, type EngineEvent, type Recorder, toHistoryEntry } from "./recorder.ts";
import { beginsAttempt, createGate, createTasks, type Gate } from "./tasks.ts";

/** One run of a definition. */
export interface RunOptions {
  definition: Definition;
  input: unknown;
  /** By the name of the state. Every Task needs one, except those that call AWS's SDK. */
  handlers: Readonly<Record<string, Handler>>;
  /** The execution's name. */
  name: string;
  /** Changes the definition before it runs, e.g. its Settings. It receives a copy. */
  edit?: (definition: Definition) => Definition;
  /** Time limits of the Lambda functions, by state; default LAMBDA_LIMIT_SECONDS. */
  limitSeconds?: Readonly<Record<string, number>>;
  /** Is called for every event of the history. */
  onEvent?: (event: HistoryEvent) => void;
  /** Aborts the execution. */
  signal?: AbortSignal;
}

/** An execution that has been started. */
export interface Execution {
  /** Never rejects because of something that happened inside the execution. */
  outcome: Promise<Outcome>;
  /** The number of handlers that the execution is waiting for: 0 or 1. */
  inFlight(): number;
}

/** How an execution ended. */
export interface Outcome {
  status: "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
  /** Present if it succeeded. */
  output?: Json;
  /** Present if it failed. */
  error?: string;
  cause?: string;
  history: History;
}

/**
 * Runs a definition on this machine, and calls the handlers of its Tasks as Lambda does. Corrects the
 * differences between the engine and AWS, so that a definition that works here works there.
 * @throws Error if the definition is invalid or a Task has no handler
 */
export function runExecution(options: RunOptions): Execution {
  const { input, name, edit = (copy) => copy, onEvent, signal } = options;
  const definition = edit(structuredClone(options.definition));
  const recorder = createRecorder(executionArn(name, Date.now()), onEvent);
  const gate = createGate();
  const tasks = createTasks({ ...options, definition }, recorder, gate);
  const running = createMachine(definition).run(toJson(input), {
    overrides: { taskResourceLocalHandlers: tasks.handlers },
    // The engine adds Input and StartTime. It knows nothing of the state that it is in.
    context: {
      Execution: { Name: name },
      State: {
        get EnteredTime() {
          return new Date().toISOString();
        },
      },
    },
  });
  signal?.addEventListener("abort", running.abort);
  if (signal?.aborted) running.abort();
  const outcome = recordOutcome(running, recorder, gate).finally(() =>
    signal?.removeEventListener("abort", running.abort),
  );
  return { outcome, inFlight: tasks.inFlight };
}

/** A run, as the engine returns it. */
interface Running {
  eventLogs: AsyncIterable<EngineEvent>;
  result: Promise<unknown>;
}

async function recordOutcome(
  { eventLogs, result }: Running,
  { history, record }: Recorder,
  gate: Gate,
): Promise<Outcome> {
  const settled = Promise.allSettled([result]); // The last event of the history has the failure.
  for await (const event of eventLogs) {
    const recorded = toHistoryEntry(event);
    if (recorded !== undefined) record(recorded.type, recorded.details, event.timestamp);
    if (beginsAttempt(event)) gate.open();
  }
  await settled;
  return { ...readEnd(history.at(-1)), history };
}

function readEnd(last: HistoryEvent | undefined): Omit<Outcome, "history"> {
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

const emitWarning = process.emitWarning;

/**
 * The engine waits for a time in the past with a negative timeout. Step Functions continues at once,
 * and so does Node, but Node prints a warning that would appear in the user's output.
 */
function silencePastTimerWarnings(): void {
  Reflect.set(process, "emitWarning", (warning: string | Error, ...rest: unknown[]) => {
    if (rest[0] !== "TimeoutNegativeWarning")
      Reflect.apply(emitWarning, process, [warning, ...rest]);
  });
}

silencePastTimerWarnings();
