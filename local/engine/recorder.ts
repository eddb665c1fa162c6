import type { StateMachine } from "aws-local-stepfunctions";
import type { EventDetails, History, HistoryEvent } from "./history.ts";

/** An event of the engine's own log. */
export type EngineEvent =
  ReturnType<StateMachine["run"]>["eventLogs"] extends AsyncGenerator<infer Event> ? Event : never;

/** Records the history of an execution, event by event. */
export interface Recorder {
  history: History;
  record(type: string, details: EventDetails, atMs?: number): void;
}

/** Creates a recorder with an empty history. `onEvent` is called for each recorded event. */
export function createRecorder(
  executionArn: string,
  onEvent: (event: HistoryEvent) => void = () => {},
): Recorder {
  const history: History = [];
  const record = (type: string, details: EventDetails, atMs: number = Date.now()) => {
    if (hasEnded(history)) return; // A handler can still run after its execution was aborted.
    const id = history.length + 1;
    const event = {
      id: String(id),
      type,
      details,
      // On AWS, the chain begins with the second event.
      previous_event_id: id <= 2 ? "0" : String(id - 1),
      event_timestamp: String(atMs),
      execution_arn: executionArn,
    };
    history.push(event);
    onEvent(event);
  };
  return { history, record };
}

function hasEnded(history: History): boolean {
  return /^Execution(Succeeded|Failed|TimedOut|Aborted)$/.test(history.at(-1)?.type ?? "");
}

/**
 * Converts an event of the engine into the event that AWS writes. Returns undefined for events that
 * AWS does not write: a failed, retried or caught Task is visible in the events of its attempts and in its exit.
 */
export function toHistoryEntry(
  event: EngineEvent,
): { type: string; details: EventDetails } | undefined {
  switch (event.type) {
    case "ExecutionStarted":
      return { type: event.type, details: toInputDetails(event.input) };
    case "ExecutionSucceeded":
      return { type: event.type, details: toOutputDetails(event.output) };
    case "ExecutionFailed":
      return { type: event.type, details: toFailureDetails(event.Error, String(event.Cause)) };
    case "ExecutionAborted":
      return { type: event.type, details: {} };
    case "ExecutionTimeout":
      return { type: "ExecutionTimedOut", details: toFailureDetails("States.Timeout", "") };
    case "StateEntered":
      return {
        type: `${event.state.type}StateEntered`,
        details: { name: event.state.name, ...toInputDetails(event.state.input) },
      };
    case "StateExited":
      return {
        type: `${event.state.type}StateExited`,
        details: { name: event.state.name, ...toOutputDetails(event.state.output) },
      };
    default:
      return undefined;
  }
}

/** Returns the details of an event with an input. */
export function toInputDetails(input: unknown): EventDetails {
  return { input: JSON.stringify(input), inputDetails: { truncated: false } };
}

/** Returns the details of an event with an output. */
export function toOutputDetails(output: unknown): EventDetails {
  return { output: JSON.stringify(output), outputDetails: { truncated: false } };
}

/** Returns the details of an event with an error. AWS omits an empty cause. */
export function toFailureDetails(error: string, cause: string): EventDetails {
  return cause === "" ? { error } : { error, cause };
}
