import { InvalidArgumentError } from "commander";
import type { Distribution } from "../../simulation/fleet/distribution.ts";
import { parseSeconds } from "../terminal/duration-options.ts";
import { decimalParser } from "../terminal/number-options.ts";
import type { GroupLimits } from "./flags.ts";

/** The syntax of a distribution of durations on the command line. */
export const DISTRIBUTION_SYNTAX =
  "durations such as 45, 45s or 1m30s: one for all, a range 30s..1m, or 45s,p95=90s (half are below 45 s, 95 % below 90 s)";

const RANGE = /^(.+)\.\.(.+)$/;
const LOG_NORMAL = /^(.+),p95=(.+)$/;

/** Parses a distribution of durations to seconds. @throws InvalidArgumentError if it is not allowed */
export function parseDistribution(value: string): Distribution {
  const fixed = parseTime(value);
  if (fixed !== undefined) return fixed;
  const range = matchPair(RANGE, value);
  if (range !== undefined && range.a <= range.b) return { from: range.a, to: range.b };
  const spread = matchPair(LOG_NORMAL, value);
  if (spread !== undefined && spread.a > 0 && spread.a <= spread.b)
    return { median: spread.a, p95: spread.b };
  throw new InvalidArgumentError(`allowed: ${DISTRIBUTION_SYNTAX}`);
}

/** A model may have fractions of a second. */
function parseTime(text: string): number | undefined {
  return /^\d+\.\d+$/.test(text) ? Number(text) : parseSeconds(text);
}

function matchPair(pattern: RegExp, value: string): { a: number; b: number } | undefined {
  const [a, b] = (pattern.exec(value) ?? []).slice(1).map(parseTime);
  return a === undefined || b === undefined ? undefined : { a, b };
}

/** Parses a day as epoch milliseconds of its start in UTC. @throws InvalidArgumentError */
export function parseDay(value: string): number {
  const ms = /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError("allowed: a day such as 2026-01-05");
}

/** Adds the limits of one group to those of the previous values. @throws InvalidArgumentError */
export function collectLimits(value: string, previous: GroupLimits[]): GroupLimits[] {
  const [, group, min, max] = /^(.+)=(\d+)\.\.(\d+)$/.exec(value) ?? [];
  if (group === undefined || Number(min) > Number(max)) {
    throw new InvalidArgumentError("allowed: a group with its limits, such as web=1..20");
  }
  return [...previous, { group, min: Number(min), max: Number(max) }];
}

/** Parses a number above 0. */
export const parsePositive = decimalParser((value) => value > 0, "a number above 0");

/** Parses a number from 0 on. */
export const parseNonNegative = decimalParser(() => true, "a number of at least 0");

/** Parses a share from 0 to 1. */
export const parseShare = decimalParser((value) => value <= 1, "a share from 0 to 1");

/** Parses a share that is below 1. */
export const parseShareBelowOne = decimalParser(
  (value) => value < 1,
  "a share of at least 0 and below 1",
);
