import * as v from "valibot";
import { DURATION, parseDurationSeconds } from "./duration.ts";

// A file of its own, because the report's code in the browser needs duration.ts without valibot.

/** A little under the six weeks for which AWS keeps a group's activity log. */
const LONGEST_SECONDS = 1000 * 3600;

const A_DURATION = 'whole seconds or a duration such as "90s", "5m" or "1h30m", at most 1000h';

/** Whole seconds, or a duration such as `5m`; the output is in seconds. */
export const durationSchema = v.pipe(
  v.union(
    [
      v.pipe(
        v.number(),
        v.safeInteger(A_DURATION),
        v.minValue(0, A_DURATION),
        v.maxValue(LONGEST_SECONDS, A_DURATION),
      ),
      v.pipe(
        v.string(),
        v.regex(DURATION, A_DURATION),
        v.check((written) => (parseDurationSeconds(written) ?? 0) <= LONGEST_SECONDS, A_DURATION),
      ),
    ],
    A_DURATION,
  ),
  v.transform((written) =>
    typeof written === "number" ? written : (parseDurationSeconds(written) ?? 0),
  ),
);
