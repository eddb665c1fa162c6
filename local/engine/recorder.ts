import type { StateMachine } from "aws-local-stepfunctions";
import type { EventDetails, History, HistoryEvent } from "./history.ts";

/** An event of the engine's own log. */
export type EngineEvent =
  ReturnType<StateMachine["run"]>["eventLogs"] extends AsyncGenerator<infer Event> ? Event : never;

/** Writes an execution's history down, event by event. */
export interface Recorder {
  history: History;
  record(type: string, details: EventDetails, atMs?: number): void;
}

/** A recorder with an empty history; `onEvent` hears of each event as it is written. */
export function createRecorder(
  executionArn: string,
  onEvent: (event: HistoryEvent) => void = () => {},
): Recorder {
  const history: History = [];
  const record = (type: string, details: EventDetails, atMs: number = Date.now()) => {
    if (isOver(history)) return; // A handler may outlive an execution that was aborted.
    const id = history.length + 1;
    const event = {
      id: String(id),
      type,
      details,
      // AWS lets the chain begin with the second event.
      previous_event_id: id <= 2 ? "0" : String(id - 1),
      event_timestamp: String(atMs),
      execution_arn: executionArn,
    };
    history.push(event);
    onEvent(event);
  };
  return { history, record };
}

function isOver(history: History): boolean {
  return /^Execution(Succeeded|Failed|TimedOut|Aborted)$/.test(history.at(-1)?.type ?? "");
}

/**
 * What AWS writes for an event of the engine; undefined for what it does not write: there, a
 * failed, retried or caught Task shows in its Lambda events and in its exit.
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

/** Input as an event carries it. */
export function toInputDetails(input: unknown): EventDetails {
  return { input: JSON.stringify(input), inputDetails: { truncated: false } };
}

/** Output as an event carries it. */
export function toOutputDetails(output: unknown): EventDetails {
  return { output: JSON.stringify(output), outputDetails: { truncated: false } };
}

/** An error as an event carries it; AWS leaves an empty cause out. */
export function toFailureDetails(error: string, cause: string): EventDetails {
  return cause === "" ? { error } : { error, cause };
}
