import { formatDuration } from "../duration.ts";
import type { InstanceAnswer, Observation, StopRecord } from "../facts.ts";
import { secondsBetween } from "../instant.ts";
import type { ScalerMemory } from "../memory.ts";
import { ownValue } from "../own-value.ts";
import { plural } from "../plural.ts";

/** One instance that was told to stop. */
export interface Drain {
  /** When the stop was sent, RFC 3339. */
  since: string;
  /** Its latest answer after that. */
  answer?: Pick<InstanceAnswer, "at" | "state" | "jobs">;
  /** Its last known number of jobs; absent if nobody knows. */
  jobs?: number;
  /** Whether the instance has confirmed that it stops. */
  isConfirmed: boolean;
}

/** The instances of one group that were told to stop. They no longer count as capacity. */
export interface Leaving {
  drains: ReadonlyMap<string, Drain>;
  /** Instances that have not answered for an hour since their stop. They count as capacity again. */
  silent: readonly string[];
}

/** A group in which nothing drains. */
export const NOTHING_LEAVES: Leaving = { drains: new Map(), silent: [] };

/** A stop that nobody has confirmed stops counting after this time and is reported. */
const SILENCE_SECONDS = 3600;

/** A stop that SSM does not have on record by then was never sent. */
const UNRECORDED_SECONDS = 30;

/** How long an instance's count of jobs is worth something: two looks, one a minute, and some delay. */
const JOBS_KNOWN_SECONDS = 150;

/**
 * Finds the instances that leave. Silence proves nothing: a planned stop counts until the instance is
 * no longer InService, until an answer says that the agents are active, or until SSM says that it was
 * not delivered.
 */
export function findLeaving(
  instances: readonly string[],
  memory: ScalerMemory,
  observation: Observation,
): Leaving {
  const drains = new Map<string, Drain>();
  const silent: string[] = [];
  for (const id of instances) {
    const drain = findDrain(id, memory, observation);
    if (drain === undefined) continue;
    const ageSeconds = secondsBetween(drain.since, observation.observedAt);
    const hasAnswered = drain.answer !== undefined || drain.jobs !== undefined;
    if (hasAnswered || ageSeconds < SILENCE_SECONDS) drains.set(id, drain);
    else silent.push(id);
  }
  return { drains, silent };
}

/** Jobs that run on leaving instances, as far as recent answers say. */
export function countLeavingJobs({ drains }: Leaving): number {
  return [...drains.values()].reduce((sum, { jobs = 0 }) => sum + jobs, 0);
}

function findDrain(id: string, memory: ScalerMemory, observation: Observation): Drain | undefined {
  const since = findStopTime(id, memory, observation);
  if (since === undefined) return undefined;
  const stop = currentStop(id, since, observation);
  if (stop?.delivered === "no" || stop?.answer?.stopped === false) return undefined;
  const look = ownValue(observation.answers ?? {}, id);
  const later = look !== undefined && look.at > since ? look : undefined;
  if (isAlive(later)) return undefined;
  const answer = later ?? (stop?.answer && { ...stop.answer, at: stop.at });
  const jobs = knownJobs(id, answer, memory, observation.observedAt);
  return {
    since,
    isConfirmed: answer !== undefined,
    ...(answer === undefined ? {} : { answer }),
    ...(jobs === undefined ? {} : { jobs }),
  };
}

/** When the latest stop of an instance was sent; undefined if there is none. */
function findStopTime(
  id: string,
  { stopping, drains = {} }: ScalerMemory,
  { stops, observedAt }: Observation,
): string | undefined {
  const recorded = ownValue(stops ?? {}, id)?.at;
  const planned = stopping?.instances.includes(id) ? stopping.at : undefined;
  if (recorded !== undefined && (planned === undefined || recorded >= planned)) return recorded;
  if (planned !== undefined) {
    const isUnsent =
      stops !== undefined && secondsBetween(planned, observedAt) > UNRECORDED_SECONDS;
    return isUnsent ? recorded : planned;
  }
  // Without SSM's record, what the last poll knew still counts.
  return stops === undefined ? ownValue(drains, id)?.at : undefined;
}

function currentStop(id: string, since: string, { stops }: Observation): StopRecord | undefined {
  const stop = ownValue(stops ?? {}, id);
  return stop !== undefined && stop.at >= since ? stop : undefined;
}

/** A look that finds the agents active after a stop: the stop had no effect, or the instance restarted. */
function isAlive(answer: InstanceAnswer | undefined): boolean {
  return answer?.state === "active" || answer?.state === "activating";
}

function knownJobs(
  id: string,
  answer: Drain["answer"],
  { drains = {} }: ScalerMemory,
  observedAt: string,
): number | undefined {
  const isRecent = (at: string) => secondsBetween(at, observedAt) <= JOBS_KNOWN_SECONDS;
  if (answer !== undefined && isRecent(answer.at)) return answer.jobs;
  const known = ownValue(drains, id);
  return known?.jobsAt !== undefined && isRecent(known.jobsAt) ? known.jobs : undefined;
}

/** Reasons about the instances that already leave; none if nothing leaves. */
export function describeLeaving({ drains, silent }: Leaving, observedAt: string): string[] {
  const reasons: string[] = [];
  if (drains.size > 0) {
    const jobs = [...drains.values()].reduce((sum, { jobs: count = 0 }) => sum + count, 0);
    const oldest = [...drains.values()].map(({ since }) => since).sort()[0] ?? observedAt;
    const left = jobs === 0 ? "" : `${plural(jobs, "job")} left, `;
    const age = formatDuration(Math.max(0, secondsBetween(oldest, observedAt)));
    reasons.push(`waiting for ${drains.size} draining: ${left}${age}`);
  }
  if (silent.length > 0) {
    const what = plural(silent.length, "instance");
    reasons.push(`${what} did not answer for an hour after a stop: ${silent.join(", ")}`);
  }
  return reasons;
}
