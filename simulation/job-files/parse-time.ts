import { isInstant } from "../../functions/core/instant.ts";

/** What {@link parseTimeMs} accepts, in words. */
export const TIME_PATTERN =
  "RFC 3339 with seconds and an offset, such as 2026-01-05T09:00:00Z or 2026-01-05T10:00:00.5+01:00";

/**
 * Parses a time of a job file into epoch milliseconds; undefined if it is not valid. `Date.parse` alone
 * accepts 30 February as 2 March, and 24:00 as the next day.
 */
export function parseTimeMs(text: string): number | undefined {
  if (!isInstant(text) || text.startsWith("24", HOUR_AT)) return undefined;
  const mayOverrun = text.slice(DAY_AT, DAY_AT + 2) > "28";
  return mayOverrun && !isOnCalendar(text.slice(0, HOUR_AT - 1)) ? undefined : Date.parse(text);
}

const DAY_AT = "2026-01-".length;
const HOUR_AT = "2026-01-05T".length;

function isOnCalendar(date: string): boolean {
  return new Date(date).toISOString().startsWith(date);
}
