const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const dayText = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  timeZone: "UTC",
});

/** `Mon, 5 Jan 14:30:10` in UTC, in which a fleet's schedule and logs are kept too. */
export function formatInstant(ms: number): string {
  return `${dayText.format(ms)} ${clockText(ms, true)}`;
}

/** Labels of a time axis: the day where one begins or where ticks are days apart, else the time of day. */
export function formatTicks(ticksMs: readonly number[], stepMs: number): string[] {
  let lastDay = "";
  return ticksMs.map((ms) => {
    const day = dayText.format(ms);
    const isNewDay = day !== lastDay;
    lastDay = day;
    if (stepMs >= DAY_MS) return day;
    const clock = clockText(ms, stepMs < MINUTE_MS);
    return isNewDay ? `${clock}\n${day}` : clock;
  });
}

function clockText(ms: number, withSeconds: boolean): string {
  return new Date(ms).toISOString().slice(11, withSeconds ? 19 : 16);
}
