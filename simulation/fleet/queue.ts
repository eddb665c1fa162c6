import type { QueueFacts } from "../../functions/core/facts.ts";
import { Deque } from "./deque.ts";
import type { Group } from "./group.ts";
import type { Job } from "./options.ts";

/** A Buildkite queue: its jobs, and the counts that Buildkite tells of. */
export class Queue {
  readonly name: string;
  /** The groups whose agents run its jobs. */
  readonly groups: Group[] = [];
  /** Jobs that may run, oldest first. */
  readonly scheduled = new Deque<Job>();
  /** Jobs behind a wait step. */
  waiting = 0;
  running = 0;
  /** Agents without a job that count as this queue's. */
  idle = 0;
  /** How long each job waited for an agent, in milliseconds, in the order in which they began. */
  readonly waitsMs: number[] = [];
  /** Jobs that an instance took with it. */
  killed = 0;
  ended = 0;
  /** From each job that found no instance at all to the scale-out that it caused, in milliseconds. */
  readonly reactionsMs: number[] = [];
  /** From each such job to the first job that ran then. */
  readonly coldStartsMs: number[] = [];
  #coldSinceMs: number | undefined;

  constructor(name: string) {
    this.name = name;
  }

  facts(): QueueFacts {
    const { scheduled, running, waiting, idle } = this;
    return {
      jobs: { scheduled: scheduled.size, running, waiting },
      agents: { idle, busy: running, total: idle + running },
    };
  }

  isEmpty(): boolean {
    return this.scheduled.size + this.waiting + this.running === 0;
  }

  /** A job may run from now on. */
  schedule(job: Job): void {
    this.scheduled.pushBack(job);
  }

  /** An agent takes the oldest job. Its first wait is what counts: a killed job does not wait anew. */
  start(nowMs: number): Job | undefined {
    const job = this.scheduled.popFront();
    if (job === undefined) return undefined;
    this.#endColdStart(nowMs);
    this.running += 1;
    if (!this.#restarted.delete(job)) this.waitsMs.push(nowMs - job.scheduledMs);
    return job;
  }

  /** The first instances of a group were asked for. */
  reactToNone(nowMs: number): void {
    const job = this.scheduled.front();
    if (job === undefined) return;
    this.#coldSinceMs = job.scheduledMs;
    this.reactionsMs.push(nowMs - job.scheduledMs);
  }

  #endColdStart(nowMs: number): void {
    if (this.#coldSinceMs === undefined) return;
    this.coldStartsMs.push(nowMs - this.#coldSinceMs);
    this.#coldSinceMs = undefined;
  }

  end(): void {
    this.running -= 1;
    this.ended += 1;
  }

  /** The job's instance is gone: it starts again, before all others. */
  restart(job: Job): void {
    this.running -= 1;
    this.killed += 1;
    this.#restarted.add(job);
    this.scheduled.pushFront(job);
  }

  readonly #restarted = new Set<Job>();
}
