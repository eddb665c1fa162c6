import type { ScalingActivity } from "./activity-log.ts";
import type { Job } from "./options.ts";
import type { Queue } from "./queue.ts";
import type { Timer } from "./timeline.ts";
import type { WorldInstance } from "./world.ts";

/** One EC2 instance with its agents. */
export interface Instance {
  /** Counts from 1 in each group. */
  readonly number: number;
  readonly launchedMs: number;
  lifecycleState: WorldInstance["lifecycleState"];
  /** Where it stands in its group's list. */
  place: number;
  /** What the log tells of its launch; absent for one that was there from the start. */
  launch: ScalingActivity | undefined;
  /** Agents that are connected and have no job. */
  idleAgents: number;
  readonly running: Set<RunningJob>;
  /** What happens to it next: boot, then connect. */
  step: Timer | undefined;
  /** When it will end itself, if no job comes before. */
  idleEnd: Timer | undefined;
  /** When it will be lost, if nobody ends it before. */
  loss: Timer | undefined;
}

/** A job on an agent. */
export interface RunningJob {
  readonly job: Job;
  readonly queue: Queue;
  readonly end: Timer;
}

/** An instance's id, as EC2 would give it: unlike in every group. */
export function instanceId(groupNumber: number, { number }: Pick<Instance, "number">): string {
  return `i-${groupNumber.toString(16).padStart(5, "0")}${number.toString(16).padStart(12, "0")}`;
}
