import type { Outcome } from "../../local/engine.ts";
import { type HistoryEvent, polls } from "../../local/history.ts";

/** When each poll began, as `HH:MM:SS`. */
export function pollTimes({ history }: Outcome): string[] {
  return polls(history).flatMap(([first]) => (first === undefined ? [] : [clockTime(first)]));
}

/** When an event happened, as `HH:MM:SS`. */
export function clockTime({ event_timestamp }: HistoryEvent): string {
  return clock(Number(event_timestamp));
}

/** A time of the day in epoch milliseconds, as `HH:MM:SS`. */
export function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
