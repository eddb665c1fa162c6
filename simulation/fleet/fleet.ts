import { type GroupFacts, type QueueFacts, sumQueues } from "../../functions/core/facts.ts";
import { Group } from "./group.ts";
import { appearanceMs, type FleetOptions, type Job } from "./options.ts";
import { Queue } from "./queue.ts";
import { randomStream } from "./random.ts";
import { Timeline } from "./timeline.ts";
import type { World, WorldActivity, WorldGroup } from "./world.ts";

/**
 * Jobs, agents and instances over time. It has no clock of its own: time goes on only when it is
 * told to, from one event to the next, so that a month may pass in seconds.
 */
export class Fleet implements World {
  readonly organization = "example";
  readonly cluster = "main";
  readonly #timeline: Timeline;
  readonly #queues: ReadonlyMap<string, Queue>;
  readonly #groups: ReadonlyMap<string, Group>;
  readonly #jobs: Iterator<Job>;
  #nextJob: Job | undefined;

  /** @throws RangeError where a job's queue has no group */
  constructor({ startMs, seed, groups, jobs }: FleetOptions) {
    const timeline = new Timeline(startMs);
    const names = new Set(groups.flatMap(({ queues }) => queues));
    const queues = new Map([...names].map((name) => [name, new Queue(name)]));
    this.#timeline = timeline;
    this.#queues = queues;
    this.#groups = new Map(
      groups.map((options, index) => [
        options.name,
        new Group(options, {
          number: index + 1,
          queues: options.queues.flatMap((name) => queues.get(name) ?? []),
          timeline,
          random: randomStream(seed, `group/${options.name}`),
        }),
      ]),
    );
    for (const group of this.#groups.values()) {
      for (const name of group.options.queues) queues.get(name)?.addTaker(group);
    }
    this.#jobs = jobs[Symbol.iterator]();
    this.#takeNextJob();
  }

  get nowMs(): number {
    return this.#timeline.nowMs;
  }

  /** When something happens next by itself, epoch milliseconds; Infinity where nothing will. */
  nextEventMs(): number {
    return Math.min(this.#timeline.nextMs(), this.#nextJobMs());
  }

  /** Lets everything happen that is due by `ms`, and puts the clock there. It never goes back. */
  advanceTo(ms: number): void {
    for (;;) {
      const timerMs = this.#timeline.nextMs();
      const jobMs = this.#nextJobMs();
      const nextMs = Math.min(timerMs, jobMs);
      if (nextMs > ms || nextMs === Number.POSITIVE_INFINITY) break;
      if (timerMs <= jobMs) this.#timeline.runNext();
      else this.#jobAppears(jobMs);
    }
    if (ms > this.#timeline.nowMs && Number.isFinite(ms)) this.#timeline.moveTo(ms);
  }

  /** Whether every job has come and ended. */
  isDone(): boolean {
    if (this.#nextJob !== undefined) return false;
    return [...this.#queues.values()].every((queue) => queue.isEmpty());
  }

  queues(): ReadonlyMap<string, QueueFacts> {
    return new Map([...this.#queues].map(([name, queue]) => [name, queue.facts()]));
  }

  queueFacts(name: string): QueueFacts | undefined {
    return this.#queues.get(name)?.facts();
  }

  /** Jobs and agents of several queues, summed. */
  sumQueueFacts(names: readonly string[]): QueueFacts {
    return sumQueues(names.map((name) => this.queueFacts(name)));
  }

  /** How many instances of a group have jobs on them. */
  busyInstances(group: string): number {
    return this.#known(group).agents.busyInstances;
  }

  groupFacts(name: string): GroupFacts | undefined {
    return this.#groups.get(name)?.facts();
  }

  group(name: string): WorldGroup | undefined {
    return this.#groups.get(name)?.describe();
  }

  groupNames(): readonly string[] {
    return [...this.#groups.keys()];
  }

  setDesiredCapacity(group: string, desired: number): void {
    this.#known(group).setDesiredCapacity(desired);
  }

  setLimits(group: string, { min, max }: { min: number; max: number }): void {
    this.#known(group).setLimits(min, max);
  }

  activities(group: string, sinceMs?: number): readonly WorldActivity[] {
    return this.#known(group).activities(sinceMs);
  }

  /** What it came to so far, by queue and by group. */
  results(): FleetResults {
    return { nowMs: this.nowMs, queues: this.#queues, groups: this.#groups };
  }

  #known(name: string): Group {
    const group = this.#groups.get(name);
    if (group === undefined) throw new RangeError(`there is no group ${name}`);
    return group;
  }

  #nextJobMs(): number {
    const job = this.#nextJob;
    return job === undefined ? Number.POSITIVE_INFINITY : appearanceMs(job);
  }

  #takeNextJob(): void {
    const next = this.#jobs.next();
    this.#nextJob = next.done === true ? undefined : next.value;
  }

  /** A job behind a wait step. */
  #hold(queue: Queue, job: Job): void {
    queue.waiting += 1;
    this.#timeline.at(job.scheduledMs, () => {
      queue.waiting -= 1;
      scheduleJob(queue, job);
    });
  }

  #jobAppears(atMs: number): void {
    const job = this.#nextJob;
    if (job === undefined) return;
    this.#takeNextJob();
    this.#timeline.moveTo(Math.max(atMs, this.nowMs));
    const queue = this.#queues.get(job.queue);
    if (queue === undefined) throw new RangeError(`no group runs jobs of the queue ${job.queue}`);
    if (job.scheduledMs <= this.nowMs) scheduleJob(queue, job);
    else this.#hold(queue, job);
  }
}

/** The queues and groups of a fleet, with what they counted. */
export interface FleetResults {
  nowMs: number;
  queues: ReadonlyMap<string, Queue>;
  groups: ReadonlyMap<string, Group>;
}

function scheduleJob(queue: Queue, job: Job): void {
  queue.schedule(job);
  queue.dispatch();
}
