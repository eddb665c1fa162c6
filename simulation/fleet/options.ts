import type { Distribution } from "./distribution.ts";

/** One job of a pipeline. Times are epoch milliseconds. */
export interface Job {
  queue: string;
  /** When an agent may take it. */
  scheduledMs: number;
  /** How long it runs, in milliseconds. */
  durationMs: number;
  /** Since when it waited behind a wait step, if it did. Not later than `scheduledMs`. */
  waitingSinceMs?: number | undefined;
}

/** When a job appears, in epoch milliseconds: behind a wait step, or as scheduled. */
export function appearanceMs({ scheduledMs, waitingSinceMs = scheduledMs }: Job): number {
  return waitingSinceMs;
}

/** An Auto Scaling group and the behaviour of its instances. */
export interface GroupOptions {
  name: string;
  /** The queues whose jobs its agents run. Idle agents count as those of the first one. */
  queues: readonly string[];
  agentsPerInstance: number;
  min: number;
  max: number;
  /** Desired capacity at the start, with all agents connected. Default: min. */
  desired?: number;
  instance: InstanceOptions;
}

/** How instances of a group start, end and fail. Durations are in seconds. */
export interface InstanceOptions {
  /** From launch to InService. */
  boot: Distribution;
  /** From InService to the connection of the agents. */
  connect: Distribution;
  /** From the start of the termination until the group no longer lists the instance. */
  terminate: Distribution;
  /** Share of launches that fail at the end of the boot; the group launches another instance. Default: 0. */
  launchFailures?: number;
  /** How many instances AWS can provide, whatever the group's maximum. Default: unlimited. */
  capacityLimit?: number;
  /** How often an instance in service is lost, per hour and instance. Default: 0. */
  lossesPerHour?: number;
  /** Which instances a scale-in terminates: `any`, as AWS does without knowing jobs, or idle ones first. Default: any. */
  scaleInEnds?: "any" | "idle first";
  /**
   * After how long without a job an instance terminates itself and lowers the desired capacity by one,
   * as the Elastic CI Stack does. At min, the group launches another instance. Default: never.
   */
  endsItselfAfterIdleSeconds?: number;
  /** The shortest time that an instance is billed for. Default: 60. */
  leastBilledSeconds?: number;
}

/** The groups of a fleet and its jobs. */
export interface FleetOptions {
  startMs: number;
  /** The same seed leads to the same results. */
  seed: number;
  groups: readonly GroupOptions[];
  /** In the order of {@link appearanceMs}. They are read one at a time, so the list may be lazy. */
  jobs: Iterable<Job>;
}
