import { BOUND } from "../comparison.ts";
import { formatCount, formatRoundDollars, formatRoundShare } from "../format-figures.ts";
import type { SimulationResult } from "../simulate.ts";
import { formatWithin } from "./headline.ts";

/** Values that differ by at most this share of the best one are as good. */
const CLOSE_SHARE = 0.02;
/** Waits that differ by at most this are as good. */
const CLOSE_SECONDS = 1;

/** One policy's value of a measure; less is better. */
interface Score {
  policy: string;
  value: number;
}

interface Ranking {
  /** The best one, and those that are as good, in the order of the policies. */
  winners: readonly Score[];
  /** Best first. */
  others: readonly Score[];
}

/**
 * Says in one sentence which policy wins what: waits, cost and interruptions. Undefined if there are not two
 * policies to compare: the ideal one is a bound, and takes no part.
 */
export function describeVerdict(policies: readonly SimulationResult[]): string | undefined {
  const real = policies.filter(({ policy }) => policy !== BOUND);
  const hasJobs = real.every(({ measures }) => measures.waitsMs.length > 0);
  if (real.length < 2 || !hasJobs) return undefined;
  const rank = (read: (result: SimulationResult) => number, close = 0) =>
    rankScores(
      real.map((result) => ({ policy: result.policy, value: read(result) })),
      close,
    );
  const clauses = [
    describeWaits(rank(({ measures }) => measures.waitSeconds.p95, CLOSE_SECONDS)),
    describeCost(rank(({ measures }) => measures.money)),
    describeInterruptions(rank(({ measures }) => measures.interrupted)),
  ];
  return `${clauses.join("; ")}.`;
}

function rankScores(scores: readonly Score[], close: number): Ranking {
  const sorted = scores.toSorted((one, other) => one.value - other.value);
  const best = sorted[0]?.value ?? 0;
  const limit = best + Math.max(close, best * CLOSE_SHARE);
  return {
    winners: scores.filter(({ value }) => value <= limit),
    others: sorted.filter(({ value }) => value > limit),
  };
}

function describeWaits({ winners, others }: Ranking): string {
  const within = `95\u00a0% ${formatWithin(largest(winners))}`;
  return others.length === 0
    ? `Jobs begin about as soon with each policy (${within})`
    : `Jobs begin soonest with ${joinNames(winners)} (${within})`;
}

function describeCost({ winners, others }: Ranking): string {
  const [next] = others;
  const dollars = formatRoundDollars(largest(winners));
  if (next === undefined) return `all cost about the same (${dollars})`;
  const saved = formatRoundShare(1 - largest(winners) / next.value);
  const verb = winners.length === 1 ? "costs" : "cost";
  return `${joinNames(winners)} ${verb} least (${dollars}, ${saved} less than ${next.policy})`;
}

function describeInterruptions({ winners, others }: Ranking): string {
  const count = largest(winners);
  const [next] = others;
  if (next === undefined)
    return count === 0 ? "none interrupts a job" : "all interrupt about as many jobs";
  const verb = winners.length === 1 ? "interrupts" : "interrupt";
  const least = count === 0 ? "no job" : `the fewest jobs (${formatCount(count)})`;
  return `${joinNames(winners)} ${verb} ${least}, ${next.policy} ${formatCount(next.value)}`;
}

function largest(scores: readonly Score[]): number {
  return Math.max(...scores.map(({ value }) => value));
}

function joinNames(scores: readonly Score[]): string {
  return new Intl.ListFormat("en-US").format(scores.map(({ policy }) => policy));
}
