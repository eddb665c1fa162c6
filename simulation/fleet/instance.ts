import type { Job } from "./options.ts";
import type { Queue } from "./queue.ts";
import type { Timer } from "./timeline.ts";
import type { WorldInstance } from "./world.ts";

/** One EC2 instance with its agents. */
export interface Instance {
  readonly id: string;
  readonly launchedMs: number;
  lifecycleState: WorldInstance["lifecycleState"];
  /** Its index in its group's list of live instances. */
  index: number;
  readonly unit: AgentUnit;
  /** Agents that are connected and have no job. */
  idleAgents: number;
  readonly running: Set<RunningJob>;
  /** The next step of its start: the end of its boot, or the connection of its agents. */
  startTimer: Timer | undefined;
  /** When it ends itself, unless a job comes first. */
  idleTimer: Timer | undefined;
  /** When it is lost, unless it is terminated first. */
  lossTimer: Timer | undefined;
}

/** The systemd unit of an instance's agents. */
export interface AgentUnit {
  /** systemd's ActiveState. `inactive` also before the boot script starts it. */
  state: "inactive" | "activating" | "active" | "deactivating" | "failed";
  /** The agents take jobs. False from their SIGTERM on. */
  takesJobs: boolean;
  /** It was told to stop by `systemctl stop`, so systemd does not start it again. */
  isStopped: boolean;
  /** When it became inactive or failed, in epoch milliseconds. */
  inactiveMs: number | undefined;
  /** When the jobs end whose agent died, in epoch milliseconds: their processes go on. */
  orphanEndsMs: readonly number[];
  /** The end of the stop-post command, or the next start. */
  nextTimer: Timer | undefined;
  /** When the agent dies, unless it ends first. */
  deathTimer: Timer | undefined;
  /** When somebody else sends SIGTERM. */
  signalTimer: Timer | undefined;
}

/** A job on an agent. */
export interface RunningJob {
  readonly job: Job;
  readonly queue: Queue;
  readonly end: Timer;
}

/** Returns an id as EC2 forms them. @param groupNumber unique in a fleet @param number unique in a group */
export function formatInstanceId(groupNumber: number, number: number): string {
  return `i-${groupNumber.toString(16).padStart(5, "0")}${number.toString(16).padStart(12, "0")}`;
}

/** Returns the unit of an instance that boots. */
export function createUnit(): AgentUnit {
  return {
    state: "inactive",
    takesJobs: false,
    isStopped: false,
    inactiveMs: undefined,
    orphanEndsMs: [],
    nextTimer: undefined,
    deathTimer: undefined,
    signalTimer: undefined,
  };
}
