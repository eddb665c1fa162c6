import type { Instance, RunningJob } from "./instance.ts";
import type { GroupOptions } from "./options.ts";
import type { Queue } from "./queue.ts";
import { TimeWeightedSum } from "./time-weighted.ts";
import { cancelTimer, type Timeline } from "./timeline.ts";

/** The agents of a group's instances: who runs which job, and who is idle. */
export class Agents {
  readonly connectedOverTime: TimeWeightedSum;
  readonly busyOverTime: TimeWeightedSum;
  /** Instances with at least one job on them. */
  busyInstances = 0;
  /** One entry for each idle agent; entries of instances that have ended are left over. */
  #idle: Instance[] = [];
  readonly #options: GroupOptions;
  readonly #queues: readonly Queue[];
  readonly #timeline: Timeline;
  readonly #onIdle: (instance: Instance) => void;

  /** @param onIdle hears of an instance that has no job any more, or none yet */
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

  /** An instance's agents report for work. */
  connect(instance: Instance): void {
    const { agentsPerInstance } = this.#options;
    this.connectedOverTime.add(agentsPerInstance, this.#timeline.nowMs);
    for (let agent = 0; agent < agentsPerInstance; agent += 1) this.#freeAgent(instance);
    this.#noteIdle(instance);
  }

  /** Gives the oldest scheduled job of a queue to an idle agent, if there is one. */
  offer(queue: Queue): boolean {
    const instance = this.#idleInstance();
    if (instance === undefined) return false;
    this.#home.idle -= 1;
    instance.idleAgents -= 1;
    this.#start(instance, queue);
    return true;
  }

  /** An instance's agents are gone, and its jobs with them: they start again elsewhere. */
  disconnect(instance: Instance): void {
    const { nowMs } = this.#timeline;
    this.connectedOverTime.add(-instance.idleAgents - instance.running.size, nowMs);
    this.busyOverTime.add(-instance.running.size, nowMs);
    this.#home.idle -= instance.idleAgents;
    instance.idleAgents = 0;
    if (instance.running.size > 0) this.busyInstances -= 1;
    const orphans = [...instance.running].reverse(); // Each goes to the front: the first one last.
    instance.running.clear();
    for (const { job, queue, end } of orphans) {
      cancelTimer(end);
      queue.restart(job);
    }
    for (const { queue } of orphans) queue.groups.some((group) => group.offer(queue));
  }

  /** No instance is left, and so none of their entries. */
  forgetAll(): void {
    this.#idle = [];
  }

  /** Idle agents count as those of the group's first queue. */
  get #home(): Queue {
    const [first] = this.#queues;
    if (first === undefined) throw new RangeError(`the group ${this.#options.name} has no queue`);
    return first;
  }

  /** An agent without a job: it takes the oldest one of the group's queues, or stays idle. */
  #freeAgent(instance: Instance): void {
    const queue = this.#longestWaiting();
    if (queue !== undefined) this.#start(instance, queue);
    else this.#keepIdle(instance);
  }

  #keepIdle(instance: Instance): void {
    instance.idleAgents += 1;
    this.#home.idle += 1;
    this.#idle.push(instance);
  }

  #longestWaiting(): Queue | undefined {
    let oldest: Queue | undefined;
    let since = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues) {
      const job = queue.scheduled.front();
      if (job === undefined || job.scheduledMs >= since) continue;
      oldest = queue;
      since = job.scheduledMs;
    }
    return oldest;
  }

  #idleInstance(): Instance | undefined {
    for (;;) {
      const instance = this.#idle.pop();
      if (instance === undefined || instance.idleAgents > 0) return instance;
    }
  }

  #start(instance: Instance, queue: Queue): void {
    const { nowMs } = this.#timeline;
    const job = queue.start(nowMs);
    if (job === undefined) return;
    this.busyOverTime.add(1, nowMs);
    const running: RunningJob = {
      job,
      queue,
      end: this.#timeline.after(job.durationMs, () => this.#end(instance, running)),
    };
    if (instance.running.size === 0) this.busyInstances += 1;
    cancelTimer(instance.idleEnd);
    instance.running.add(running);
  }

  #end(instance: Instance, running: RunningJob): void {
    instance.running.delete(running);
    if (instance.running.size === 0) this.busyInstances -= 1;
    this.busyOverTime.add(-1, this.#timeline.nowMs);
    running.queue.end();
    this.#freeAgent(instance);
    this.#noteIdle(instance);
  }

  #noteIdle(instance: Instance): void {
    if (instance.running.size === 0) this.#onIdle(instance);
  }
}
