import { InvalidArgumentError, Option } from "commander";
import { formatDuration, parseDurationSeconds } from "../../functions/core/duration.ts";

/** Parses whole seconds or a duration, such as `90`, `90s`, `5m` or `1h30m`; undefined if it is neither. */
export function parseSeconds(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : parseDurationSeconds(text);
}

/** The durations that an option allows: `a duration such as 90s or 5m, or seconds; from 1s to 3m`. */
export function describeDurations(least: number, most: number): string {
  const atMost = most === Number.POSITIVE_INFINITY ? "" : ` and at most ${formatDuration(most)}`;
  return `a duration such as 90s or 5m, or whole seconds; at least ${formatDuration(least)}${atMost}`;
}

/** Returns a parser of durations to seconds. It throws InvalidArgumentError if the text is not allowed. */
export function durationParser(
  least: number,
  most = Number.POSITIVE_INFINITY,
): (text: string) => number {
  return (text) => {
    const seconds = parseSeconds(text);
    if (seconds !== undefined && seconds >= least && seconds <= most) return seconds;
    throw new InvalidArgumentError(`allowed: ${describeDurations(least, most)}`);
  };
}

/** The option `--poll-interval`, without a parser. */
export function pollIntervalOption(): Option {
  return new Option("--poll-interval <duration>", "time between two polls").default(
    undefined,
    "the definition's",
  );
}
