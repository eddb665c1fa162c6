import type { Distribution } from "./distribution.ts";

/** One job, as somebody's pipeline brings it. Times are epoch milliseconds. */
export interface Job {
  queue: string;
  /** When it may run. */
  scheduledMs: number;
  /** How long it runs, in milliseconds. */
  durationMs: number;
  /** Present where it was held behind a wait step before: since when. Not later than `scheduledMs`. */
  waitingSinceMs?: number | undefined;
}

/** When a job first shows: behind a wait step, or as scheduled. */
export function appearanceMs({ scheduledMs, waitingSinceMs = scheduledMs }: Job): number {
  return waitingSinceMs;
}

/** An Auto Scaling group, and what its instances are like. */
export interface GroupOptions {
  name: string;
  /** The queues whose jobs its agents run, in no order. */
  queues: readonly string[];
  agentsPerInstance: number;
  min: number;
  max: number;
  /** At the start, with all of it connected. Default: min. */
  desired?: number;
  instance: InstanceOptions;
}

/** How instances of a group come, go and fail. */
export interface InstanceOptions {
  /** From the launch to InService. */
  boot: Distribution;
  /** From InService to the moment when the agents have connected. */
  connect: Distribution;
  /** From the termination to the moment when the group no longer lists it. */
  terminate: Distribution;
  /** Share of launches that fail where InService would have begun; another one follows. Default: 0. */
  launchFailures?: number;
  /** How many instances AWS has to give, whatever the maximum. Default: any number. */
  capacityLimit?: number;
  /** How often an instance in service is lost, per hour. Default: 0. */
  lossesPerHour?: number;
  /** Which instances a scale-in ends: `any`, as AWS does, which knows nothing of jobs, or idle ones first. */
  scaleInEnds?: "any" | "idle first";
  /**
   * How long an instance is without a job before it ends itself and lowers the desired capacity by one,
   * as those of the Elastic CI Stack do; at min, another one follows. Default: never.
   */
  endsItselfAfterIdleSeconds?: number;
  /** Least time that an instance is paid for, in seconds. Default: 60. */
  leastBilledSeconds?: number;
}

/** A fleet: its groups, and the jobs that come to it. */
export interface FleetOptions {
  startMs: number;
  /** The same seed, the same fleet. */
  seed: number;
  groups: readonly GroupOptions[];
  /** In the order in which they appear; read one at a time. */
  jobs: Iterable<Job>;
}
