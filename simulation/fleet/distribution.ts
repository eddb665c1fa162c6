import * as v from "valibot";
import { settingsSchema } from "../../functions/core/schema-helpers.ts";
import { type Random, sampleNormal } from "./random.ts";

/** How long something takes, in seconds: always the same, anything in a range, or log-normal. */
export type Distribution =
  | number
  | { from: number; to: number }
  /** Half take less than `median`, one in twenty more than `p95`, none more than `most`. */
  | { median: number; p95: number; most?: number };

/** The 95th percentile of the normal distribution, in deviations. */
const DEVIATIONS_TO_P95 = 1.6448536269514722;

/** One duration in whole milliseconds. */
export function sampleMs(distribution: Distribution, random: Random): number {
  return Math.round(sampleSeconds(distribution, random) * 1000);
}

function sampleSeconds(distribution: Distribution, random: Random): number {
  if (typeof distribution === "number") return distribution;
  if ("from" in distribution) {
    return distribution.from + random() * (distribution.to - distribution.from);
  }
  const { median, p95, most = Number.POSITIVE_INFINITY } = distribution;
  const deviation = Math.log(p95 / median) / DEVIATIONS_TO_P95;
  return Math.min(most, median * Math.exp(deviation * sampleNormal(random)));
}

const SECONDS = "seconds of at least 0";
const seconds = v.pipe(v.number(SECONDS), v.finite(SECONDS), v.minValue(0, SECONDS));

const A_MEDIAN = "seconds above 0";
const median = v.pipe(v.number(A_MEDIAN), v.finite(A_MEDIAN), v.gtValue(0, A_MEDIAN));

const A_RANGE = "from at most to";
const range = v.pipe(
  settingsSchema({ from: seconds, to: seconds }),
  v.check(({ from, to }) => from <= to, A_RANGE),
);

const A_LOG_NORMAL = "median at most p95, and p95 at most most";
const logNormal = v.pipe(
  settingsSchema({ median, p95: median, most: v.exactOptional(median) }),
  v.check((it) => it.median <= it.p95 && it.p95 <= (it.most ?? it.p95), A_LOG_NORMAL),
);

/** Checks a {@link Distribution}. */
export const distributionSchema = v.lazy((input): v.GenericSchema<unknown, Distribution> => {
  if (typeof input !== "object" || input === null) return seconds;
  return "from" in input || "to" in input ? range : logNormal;
});
