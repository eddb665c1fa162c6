const UNIT_SECONDS = { h: 3600, m: 60, s: 1 } as const;

const WRITTEN = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/**
 * Seconds of a duration as the reference writes it: `90s`, `5m`, `5m0s`, `1h30m`.
 * Undefined where the text is none.
 */
export function secondsOf(duration: string): number | undefined {
  const parts = WRITTEN.exec(duration);
  if (parts === null || duration === "") return undefined;
  const [, hours = "0", minutes = "0", seconds = "0"] = parts;
  return (
    Number(hours) * UNIT_SECONDS.h + Number(minutes) * UNIT_SECONDS.m + Number(seconds)
  );
}

/** A duration as a person writes it: 90 gives `1m30s`, 3600 gives `1h`. Rounded up to whole seconds. */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts: string[] = [];
  let rest = whole;
  for (const [unit, length] of Object.entries(UNIT_SECONDS)) {
    if (rest >= length) parts.push(`${Math.floor(rest / length)}${unit}`);
    rest %= length;
  }
  return parts.join("") || "0s";
}
