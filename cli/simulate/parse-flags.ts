import { InvalidArgumentError } from "commander";
import type { Distribution } from "../../simulation/fleet/distribution.ts";
import { decimalParser } from "../terminal/number-options.ts";
import type { GroupLimits } from "./flags.ts";

/** The syntax of a distribution of durations on the command line. */
export const DISTRIBUTION_SYNTAX =
  "seconds: 45, a range 30..60, or 45,p95=90 (half of the durations are below 45)";

const NUMBER = String.raw`(\d+(?:\.\d+)?)`;
const FIXED = new RegExp(`^${NUMBER}$`);
const RANGE = new RegExp(String.raw`^${NUMBER}\.\.${NUMBER}$`);
const LOG_NORMAL = new RegExp(`^${NUMBER},p95=${NUMBER}$`);

/** Parses a distribution of durations in seconds. @throws InvalidArgumentError if it is not allowed */
export function parseDistribution(value: string): Distribution {
  if (FIXED.test(value)) return Number(value);
  const range = matchPair(RANGE, value);
  if (range !== undefined && range.a <= range.b) return { from: range.a, to: range.b };
  const spread = matchPair(LOG_NORMAL, value);
  if (spread !== undefined && spread.a > 0 && spread.a <= spread.b)
    return { median: spread.a, p95: spread.b };
  throw new InvalidArgumentError(`allowed: ${DISTRIBUTION_SYNTAX}`);
}

function matchPair(pattern: RegExp, value: string): { a: number; b: number } | undefined {
  const [, a, b] = pattern.exec(value) ?? [];
  return a === undefined || b === undefined ? undefined : { a: Number(a), b: Number(b) };
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

/** Parses a share that is below 1. */
export const parseShareBelowOne = decimalParser(
  (value) => value < 1,
  "a share of at least 0 and below 1",
);
