const UNIT_SECONDS = { h: 3600, m: 60, s: 1 } as const;

/** A duration as a person writes it: `90s`, `5m`, `5m0s`, `1h30m`. */
export const DURATION = /^(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/** Parses a duration to seconds; undefined if the text is not a duration. */
export function parseDurationSeconds(duration: string): number | undefined {
  const parts = DURATION.exec(duration);
  if (parts === null) return undefined;
  const [, hours = "0", minutes = "0", seconds = "0"] = parts;
  return Number(hours) * UNIT_SECONDS.h + Number(minutes) * UNIT_SECONDS.m + Number(seconds);
}

/** Formats a duration as a person writes it: 90 becomes `1m30s`, 3600 becomes `1h`. Rounds up to whole seconds. */
export function formatDuration(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.ceil(seconds);
  for (const [unit, length] of Object.entries(UNIT_SECONDS)) {
    if (rest >= length) parts.push(`${Math.floor(rest / length)}${unit}`);
    rest %= length;
  }
  return parts.join("") || "0s";
}
