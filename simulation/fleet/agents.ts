import type { Instance, RunningJob } from "./instance.ts";
import type { GroupOptions } from "./options.ts";
import type { JobTaker, Queue } from "./queue.ts";
import { TimeWeightedSum } from "./time-weighted.ts";
import { cancelTimer, type Timeline } from "./timeline.ts";

/** The agents of a group's instances: which run a job, and which are idle. */
export class Agents implements JobTaker {
  readonly connectedOverTime: TimeWeightedSum;
  readonly busyOverTime: TimeWeightedSum;
  /** Instances with at least one job on them. */
  busyInstances = 0;
  /** One entry for each idle agent. Entries of removed instances are skipped when they are met. */
  #idle: Instance[] = [];
  readonly #options: GroupOptions;
  readonly #queues: readonly Queue[];
  readonly #timeline: Timeline;
  readonly #onIdle: (instance: Instance) => void;

  /** @param onIdle is called when an instance has no job: after it connects, and when its last job ends */
  constructor(
    options: GroupOptions,
    queues: readonly Queue[],
    timeline: Timeline,
    onIdle: (instance: Instance) => void,
  ) {
    this.#options = options;
    this.#queues = queues;
    this.#timeline = timeline;
    this.#onIdle = onIdle;
    this.connectedOverTime = new TimeWeightedSum(timeline.nowMs);
    this.busyOverTime = new TimeWeightedSum(timeline.nowMs);
  }

  /** Connects an instance's agents, which take jobs at once if any are scheduled. */
  connect(instance: Instance): void {
    const { agentsPerInstance } = this.#options;
    this.connectedOverTime.add(agentsPerInstance, this.#timeline.nowMs);
    for (let agent = 0; agent < agentsPerInstance; agent += 1) this.#freeAgent(instance);
    this.#reportIdle(instance);
  }

  takeJob(queue: Queue): boolean {
    const instance = this.#popIdleInstance();
    if (instance === undefined) return false;
    this.#home.idle -= 1;
    instance.idleAgents -= 1;
    this.#startJob(instance, queue);
    return true;
  }

  /** The idle agents disconnect at once. The others finish their jobs and take no more. */
  drain(instance: Instance): void {
    instance.unit.takesJobs = false;
    this.connectedOverTime.add(-instance.idleAgents, this.#timeline.nowMs);
    this.#home.idle -= instance.idleAgents;
    instance.idleAgents = 0;
  }

  /** Disconnects an instance's agents. Its jobs are interrupted and start again elsewhere. */
  disconnect(instance: Instance): void {
    const { nowMs } = this.#timeline;
    this.connectedOverTime.add(-instance.idleAgents - instance.running.size, nowMs);
    this.busyOverTime.add(-instance.running.size, nowMs);
    this.#home.idle -= instance.idleAgents;
    instance.idleAgents = 0;
    if (instance.running.size > 0) this.busyInstances -= 1;
    const interrupted = [...instance.running].reverse(); // Each goes to the front: the first one last.
    instance.running.clear();
    for (const { job, queue, end } of interrupted) {
      cancelTimer(end);
      queue.restart(job);
    }
    for (const { queue } of interrupted) queue.dispatch();
  }

  /** Drops the entries of removed instances. Call it when no instance is left. */
  forgetAll(): void {
    this.#idle = [];
  }

  /** Idle agents count as those of the group's first queue. */
  get #home(): Queue {
    const [first] = this.#queues;
    if (first === undefined) throw new RangeError(`the group ${this.#options.name} has no queue`);
    return first;
  }

  /** Starts the oldest job of the group's queues on an agent that has none; without a job it is idle. One that drains disconnects. */
  #freeAgent(instance: Instance): void {
    const { takesJobs } = instance.unit;
    const queue = takesJobs ? this.#findLongestWaiting() : undefined;
    if (!takesJobs) this.connectedOverTime.add(-1, this.#timeline.nowMs);
    else if (queue !== undefined) this.#startJob(instance, queue);
    else this.#addIdle(instance);
  }

  #addIdle(instance: Instance): void {
    instance.idleAgents += 1;
    this.#home.idle += 1;
    this.#idle.push(instance);
  }

  #findLongestWaiting(): Queue | undefined {
    let longestWaiting: Queue | undefined;
    let sinceMs = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues) {
      const job = queue.scheduled.front();
      if (job === undefined || job.scheduledMs >= sinceMs) continue;
      longestWaiting = queue;
      sinceMs = job.scheduledMs;
    }
    return longestWaiting;
  }

  #popIdleInstance(): Instance | undefined {
    for (;;) {
      const instance = this.#idle.pop();
      if (instance === undefined || instance.idleAgents > 0) return instance;
    }
  }

  #startJob(instance: Instance, queue: Queue): void {
    const { nowMs } = this.#timeline;
    const job = queue.start(nowMs);
    if (job === undefined) return;
    this.busyOverTime.add(1, nowMs);
    const running: RunningJob = {
      job,
      queue,
      end: this.#timeline.after(job.durationMs, () => this.#endJob(instance, running)),
    };
    if (instance.running.size === 0) this.busyInstances += 1;
    cancelTimer(instance.idleTimer);
    instance.running.add(running);
  }

  #endJob(instance: Instance, running: RunningJob): void {
    instance.running.delete(running);
    if (instance.running.size === 0) this.busyInstances -= 1;
    this.busyOverTime.add(-1, this.#timeline.nowMs);
    running.queue.end();
    this.#freeAgent(instance);
    this.#reportIdle(instance);
  }

  #reportIdle(instance: Instance): void {
    if (instance.running.size === 0) this.#onIdle(instance);
  }
}
