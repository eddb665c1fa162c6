import type { Definition } from "../../config/definition.ts";
import { createMachine } from "./create-machine.ts";
import type { History, HistoryEvent } from "./history.ts";
import type { Handler } from "./invoke-lambda.ts";
import { type Json, toJson } from "./json.ts";
import { silencePastTimerWarnings } from "./quiet-timers.ts";
import { createRecorder, type EngineEvent, type Recorder, toHistoryEntry } from "./recorder.ts";
import { beginsAttempt, createGate, createTasks, type Gate } from "./tasks.ts";

silencePastTimerWarnings();

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
  /** Time limits of the Lambda functions, by state; default LAMBDA_LIMIT_SECONDS. */
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

/**
 * Runs a definition on this machine, with its Tasks' handlers called as Lambda would call them.
 * What the engine does otherwise than AWS is made good here, so that a definition which works here
 * works there.
 * @throws Error where the definition is invalid, or a Task has no handler
 */
export function runExecution(options: RunOptions): Execution {
  const { input, name, edit = (copy) => copy, onEvent, signal } = options;
  const definition = edit(structuredClone(options.definition));
  const recorder = createRecorder(executionArn(name, Date.now()), onEvent);
  const gate = createGate();
  const tasks = createTasks({ ...options, definition }, recorder, gate);
  const running = createMachine(definition).run(toJson(input), {
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

/** What the engine gives back of a run. */
interface Running {
  eventLogs: AsyncIterable<EngineEvent>;
  result: Promise<unknown>;
}

async function outcomeOf(
  { eventLogs, result }: Running,
  { history, record }: Recorder,
  gate: Gate,
): Promise<Outcome> {
  const settled = Promise.allSettled([result]); // A failure is the history's last event.
  for await (const event of eventLogs) {
    const recorded = toHistoryEntry(event);
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
