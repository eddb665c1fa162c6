import type { JobCounts } from "../facts.ts";
import { ownValue } from "../own-value.ts";
import { plural } from "../plural.ts";
import type { Scaler } from "../scaler.ts";

/** How many agents the jobs can use at once, and how that number comes about. */
export interface Demand {
  agents: number;
  arithmetic: string[];
}

/**
 * Rule 1. Scheduled jobs plus running jobs. If waiting jobs are included and outnumber the running
 * jobs, they take the place of the running jobs. If several groups serve a queue, a share of the sum.
 */
export function computeDemand(jobs: JobCounts, scaler: Scaler): Demand {
  const countsWaiting = scaler.includeWaiting && jobs.waiting > jobs.running;
  const [others, word] = countsWaiting ? [jobs.waiting, "waiting"] : [jobs.running, "running"];
  const all = jobs.scheduled + others;
  const agents = takeShare(all, scaler.demandShare);
  const sum = `${jobs.scheduled} scheduled + ${others} ${word} = ${plural(all, "job")}`;
  if (scaler.demandShare === 1) return { agents, arithmetic: [sum] };
  const share = `this group's share: ${all} x ${scaler.demandShare} = ${plural(agents, "job")}`;
  return { agents, arithmetic: [sum, share] };
}

const ROUNDING_ERROR = 1e-9;

/**
 * A share of a count, rounded up. An error of binary fractions does not add a job: 100 x 0.07 is
 * 7.000000000000001, which counts as 7 and not as 8.
 */
export function takeShare(count: number, share: number): number {
  const exact = count * share;
  const whole = Math.floor(exact);
  return exact - whole <= whole * ROUNDING_ERROR ? whole : whole + 1;
}

const MOST_NAMES = 3;

/**
 * Names the queues that Buildkite's answer leaves out, for the reasons of a decision; none if it lists all.
 * Buildkite leaves out an empty queue and one that it has never heard of, so both count as empty.
 */
export function describeUnlisted(
  names: readonly string[],
  queues: Readonly<Record<string, unknown>>,
): string[] {
  const unlisted = names.filter((name) => ownValue(queues, name) === undefined);
  if (unlisted.length === 0) return [];
  const more = unlisted.length - MOST_NAMES;
  const shown = unlisted.slice(0, MOST_NAMES).join(", ");
  const list = more > 0 ? `${shown} and ${more} more` : shown;
  const noun = unlisted.length === 1 ? "queue" : "queues";
  return [`Buildkite's answer does not list ${noun} ${list}: empty, or misspelt`];
}
