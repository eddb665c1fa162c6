import { cutIntoPolls, type HistoryEvent } from "../../local/engine/history.ts";
import type { Outcome } from "../../local/engine/run-execution.ts";

/** When each poll began, as `HH:MM:SS`. */
export function listPollTimes({ history }: Outcome): string[] {
  return cutIntoPolls(history).flatMap(([first]) =>
    first === undefined ? [] : [formatEventTime(first)],
  );
}

/** When an event happened, as `HH:MM:SS`. */
export function formatEventTime({ event_timestamp }: HistoryEvent): string {
  return formatClock(Number(event_timestamp));
}

/** A time of the day in epoch milliseconds, as `HH:MM:SS`. */
export function formatClock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** A time of the day of the tests, which is 5 January 2026, in epoch milliseconds. */
export function parseClock(time: string): number {
  return Date.parse(`2026-01-05T${time}Z`);
}

/** Times of the day, from one to another, both included. */
export function listTimes(seconds: number, from: string, to: string): string[] {
  const count = Math.floor((parseClock(to) - parseClock(from)) / 1000 / seconds) + 1;
  return Array.from({ length: count }, (_, index) =>
    formatClock(parseClock(from) + index * seconds * 1000),
  );
}
