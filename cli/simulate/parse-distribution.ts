import type { Distribution } from "../../simulation/fleet/distribution.ts";

/** How durations are written on the command line. */
export const HOW_WRITTEN = "seconds: 45, a range 30..60, or 45,p95=90 (half take less than 45)";

const NUMBER = String.raw`(\d+(?:\.\d+)?)`;
const FIXED = new RegExp(`^${NUMBER}$`);
const RANGE = new RegExp(String.raw`^${NUMBER}\.\.${NUMBER}$`);
const LOG_NORMAL = new RegExp(`^${NUMBER},p95=${NUMBER}$`);

/** A distribution as it is written on the command line; undefined where it is none. */
export function parseDistribution(written: string): Distribution | undefined {
  if (FIXED.test(written)) return Number(written);
  const range = pairIn(RANGE, written);
  if (range !== undefined && range.a <= range.b) return { from: range.a, to: range.b };
  const spread = pairIn(LOG_NORMAL, written);
  if (spread === undefined || spread.a <= 0 || spread.a > spread.b) return undefined;
  return { median: spread.a, p95: spread.b };
}

function pairIn(pattern: RegExp, written: string): { a: number; b: number } | undefined {
  const [, a, b] = pattern.exec(written) ?? [];
  return a === undefined || b === undefined ? undefined : { a: Number(a), b: Number(b) };
}
