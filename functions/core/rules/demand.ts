import type { JobCounts } from "../facts.ts";
import { plural } from "../plural.ts";
import type { Scaler } from "../scaler.ts";

/** How many agents the jobs could use at once, and how that came about. */
export interface Demand {
  agents: number;
  reasons: string[];
}

/**
 * Rule 1. Scheduled jobs, plus the running ones; or plus the waiting ones where those are included
 * and outnumber the running. A share of it where two groups serve one queue.
 */
export function computeDemand(jobs: JobCounts, scaler: Scaler): Demand {
  const countsWaiting = scaler.includeWaiting && jobs.waiting > jobs.running;
  const [besides, word] = countsWaiting ? [jobs.waiting, "waiting"] : [jobs.running, "running"];
  const whole = jobs.scheduled + besides;
  const agents = takeShare(whole, scaler.demandShare);
  const sum = `${jobs.scheduled} scheduled + ${besides} ${word} = ${plural(whole, "job")}`;
  if (scaler.demandShare === 1) return { agents, reasons: [sum] };
  return {
    agents,
    reasons: [
      sum,
      `this group's share: ${whole} x ${scaler.demandShare} = ${plural(agents, "job")}`,
    ],
  };
}

const ROUNDING_ERROR = 1e-9;

/**
 * A share of a count, rounded up. What binary fractions add is not a job: 100 x 0.07 comes to
 * 7.000000000000001 and is 7, not 8.
 */
export function takeShare(count: number, share: number): number {
  const exact = count * share;
  const whole = Math.floor(exact);
  return exact - whole <= whole * ROUNDING_ERROR ? whole : whole + 1;
}
