const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const dayFormat = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  timeZone: "UTC",
});

/** Formats epoch milliseconds as `Mon, 5 Jan 14:30:10` in UTC, like schedules and logs. */
export function formatInstant(ms: number): string {
  return `${dayFormat.format(ms)} ${formatClock(ms, true)}`;
}

/**
 * Formats ticks as the time of day. The first tick of a day has the date too; if ticks are days apart, they
 * have only the date.
 */
export function formatTicks(ticksMs: readonly number[], stepMs: number): string[] {
  let lastDay = "";
  return ticksMs.map((ms) => {
    const day = dayFormat.format(ms);
    const isNewDay = day !== lastDay;
    lastDay = day;
    if (stepMs >= DAY_MS) return day;
    const clock = formatClock(ms, stepMs < MINUTE_MS);
    return isNewDay ? `${clock}\n${day}` : clock;
  });
}

function formatClock(ms: number, withSeconds: boolean): string {
  return new Date(ms).toISOString().slice(11, withSeconds ? 19 : 16);
}
