import { plural } from "../../functions/core/plural.ts";
import type { Period } from "./report-input.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const dateFormat = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

/** Names the length of a period in the middle of a sentence: `the week`, `3 days`, `150 minutes`. */
export function nameLength(period: Period): string {
  const days = countDays(period);
  if (days === 1) return "the day";
  if (days === 7) return "the week";
  if (days === 30 || days === 31) return "the month";
  return formatLength(period);
}

/** Formats the length of a period: `7 days`, `12 hours`, `3 minutes`. */
export function formatLength(period: Period): string {
  const days = countDays(period);
  if (days >= 1) return plural(days, "day");
  const lengthMs = period.toMs - period.fromMs;
  return lengthMs < 3 * HOUR_MS
    ? plural(Math.max(1, Math.round(lengthMs / MINUTE_MS)), "minute")
    : plural(Math.round(lengthMs / HOUR_MS), "hour");
}

function countDays({ fromMs, toMs }: Period): number {
  return Number(((toMs - fromMs) / DAY_MS).toFixed(1));
}

/** Formats a period with its dates: `Mon 5 Jan 2026 00:00 to Mon 12 Jan 2026 00:00 UTC`. */
export function formatPeriod({ fromMs, toMs }: Period): string {
  return `${formatDateTime(fromMs)} to ${formatDateTime(toMs)} UTC`;
}

function formatDateTime(ms: number): string {
  const date = dateFormat.format(ms).replaceAll(",", "");
  return `${date} ${new Date(ms).toISOString().slice(11, 16)}`;
}
