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
  /**
   * Which instances a lower desired capacity terminates: `any`, as AWS does without knowing jobs, idle ones
   * first, or none, because all are protected from scale-in. Default: any.
   */
  scaleInEnds?: "any" | "idle first" | "none";
  /** How an instance terminates itself once its agent has ended. Default: it stays in service. */
  endsItself?: EndsItselfOptions;
  /** After how long without a job the agent ends, and the instance {@link endsItself}. Default: never. */
  endsItselfAfterIdleSeconds?: number;
  /** How often an agent dies while its instance lives on, per hour and instance. Default: 0. */
  agentDeathsPerHour?: number;
  /** How often somebody else sends SIGTERM to an agent, per hour and instance. Default: 0. */
  foreignSignalsPerHour?: number;
  /** The agents' systemd unit. Default: buildkite-agent. */
  unit?: string;
  /** Windows has no graceful stop. Default: linux. */
  platform?: "linux" | "windows";
  /** How instances answer commands. */
  commands?: CommandOptions;
  /** The shortest time that an instance is billed for. Default: 60. */
  leastBilledSeconds?: number;
}

/**
 * How an instance of the Elastic CI Stack terminates itself and lowers the desired capacity by one. At min it
 * marks itself unhealthy, and the group replaces it.
 */
export interface EndsItselfOptions {
  /** From the end of the agent until the call, in seconds. Default: 10. */
  afterSeconds?: number;
  /** Share of attempts that fail: the instance stays in service. Default: 0. */
  failures?: number;
}

/** How the instances of a group receive and answer the commands of SSM. Durations are in seconds. */
export interface CommandOptions {
  /** From a command to its answer. Default: 1 to 4. */
  answer?: Distribution;
  /** Share of instances that never receive a command. Default: 0. */
  silentInstances?: number;
  /** Share of instances that SSM does not know: it refuses a command that names one. Default: 0. */
  unknownInstances?: number;
  /** Share of commands that are delivered late. Default: 0. */
  lateDeliveries?: number;
  /** How late those are. Default: 10 to 40; SSM gives a command up after 30. */
  lateBy?: Distribution;
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
