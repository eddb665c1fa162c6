import * as v from "valibot";
import { settingsSchema } from "../../functions/core/schema-helpers.ts";
import { type Random, sampleNormal } from "./random.ts";

/** A duration in seconds: constant, uniform in a range, or log-normal. */
export type Distribution =
  | number
  | { from: number; to: number }
  /** Half of the values are below `median`, one in twenty is above `p95`, none is above `most`. */
  | { median: number; p95: number; most?: number };

/** The 95th percentile of the normal distribution, in standard deviations. */
const DEVIATIONS_TO_P95 = 1.6448536269514722;

/** Draws one duration, rounded to whole milliseconds. */
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
const secondsSchema = v.pipe(v.number(SECONDS), v.finite(SECONDS), v.minValue(0, SECONDS));

const MEDIAN = "seconds above 0";
const medianSchema = v.pipe(v.number(MEDIAN), v.finite(MEDIAN), v.gtValue(0, MEDIAN));

const RANGE = "from at most to";
const rangeSchema = v.pipe(
  settingsSchema({ from: secondsSchema, to: secondsSchema }),
  v.check(({ from, to }) => from <= to, RANGE),
);

const LOG_NORMAL = "median at most p95, and p95 at most most";
const logNormalSchema = v.pipe(
  settingsSchema({
    median: medianSchema,
    p95: medianSchema,
    most: v.exactOptional(medianSchema),
  }),
  v.check(({ median, p95, most = p95 }) => median <= p95 && p95 <= most, LOG_NORMAL),
);

/** Checks a {@link Distribution}. */
export const distributionSchema = v.lazy((input): v.GenericSchema<unknown, Distribution> => {
  if (typeof input !== "object" || input === null) return secondsSchema;
  return "from" in input || "to" in input ? rangeSchema : logNormalSchema;
});
