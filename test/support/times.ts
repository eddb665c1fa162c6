import { cutIntoPolls, type History, type HistoryEvent } from "../../local/engine/history.ts";
import type { Outcome } from "../../local/engine/run-execution.ts";

/** Lists when each poll started, as `HH:MM:SS`. */
export function listPollTimes({ history }: Outcome): string[] {
  return cutIntoPolls(history).flatMap(([first]) =>
    first === undefined ? [] : [formatEventTime(first)],
  );
}

/** Returns the time of an event, as `HH:MM:SS`. */
export function formatEventTime({ event_timestamp }: HistoryEvent): string {
  return formatClock(Number(event_timestamp));
}

/** Formats epoch milliseconds as `HH:MM:SS`. */
export function formatClock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** Returns a time of day in epoch milliseconds. The day of the tests is 5 January 2026. */
export function parseClock(time: string): number {
  return Date.parse(`2026-01-05T${time}Z`);
}

/** Lists times of day at an interval, from one to another, both included. */
export function listTimes(seconds: number, from: string, to: string): string[] {
  const count = Math.floor((parseClock(to) - parseClock(from)) / 1000 / seconds) + 1;
  return Array.from({ length: count }, (_, index) =>
    formatClock(parseClock(from) + index * seconds * 1000),
  );
}

/** Returns the answers of a Task's function. */
export function readAnswers(state: string, history: History): unknown[] {
  let entered: string | undefined;
  return history.flatMap(({ type, details }) => {
    if (type === "TaskStateEntered") entered = details.name;
    if (type !== "LambdaFunctionSucceeded" || entered !== state) return [];
    return [JSON.parse(details.output ?? "null")];
  });
}

/** Returns the state after each visit of a Task. */
export function readOutputs(state: string, history: History): unknown[] {
  return history
    .filter(({ type, details }) => type === "TaskStateExited" && details.name === state)
    .map(({ details }) => JSON.parse(details.output ?? "null"));
}
