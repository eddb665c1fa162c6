import type { QueueFacts } from "../../functions/core/facts.ts";
import { Deque } from "./deque.ts";
import type { Job } from "./options.ts";

/** Something whose agents run a queue's jobs: a group. */
export interface JobTaker {
  /** Starts the queue's oldest scheduled job on an idle agent. Returns false if no agent is idle. */
  takeJob(queue: Queue): boolean;
}

/** A Buildkite queue: its jobs, and the counts that Buildkite returns for it. */
export class Queue {
  readonly name: string;
  /** Jobs that may run, oldest first. */
  readonly scheduled = new Deque<Job>();
  /** Jobs behind a wait step. */
  waiting = 0;
  running = 0;
  /** Agents without a job that count as this queue's. */
  idle = 0;
  /** How long each job waited for an agent, in milliseconds, in the order in which they started. */
  readonly waitsMs: number[] = [];
  /** How often a job lost its instance. */
  interrupted = 0;
  ended = 0;
  /** From each job that found no instance desired to the scale-out that it caused, in milliseconds. */
  readonly reactionsMs: number[] = [];
  /** From each such job to the first job that ran afterwards, in milliseconds. */
  readonly coldStartsMs: number[] = [];
  readonly #takers: JobTaker[] = [];
  readonly #restarted = new Set<Job>();
  #coldSinceMs: number | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Adds a group whose agents run this queue's jobs; groups are asked in the order of adding. */
  addTaker(taker: JobTaker): void {
    this.#takers.push(taker);
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

  /** Adds a job that may run from now on. */
  schedule(job: Job): void {
    this.scheduled.pushBack(job);
  }

  /** Starts the oldest scheduled job on the first group that has an idle agent, if there is one. */
  dispatch(): void {
    this.#takers.some((taker) => taker.takeJob(this));
  }

  /** Removes and returns the oldest job. Only its first wait is recorded: an interrupted job counts once. */
  start(nowMs: number): Job | undefined {
    const job = this.scheduled.popFront();
    if (job === undefined) return undefined;
    this.#endColdStart(nowMs);
    this.running += 1;
    if (!this.#restarted.delete(job)) this.waitsMs.push(nowMs - job.scheduledMs);
    return job;
  }

  /** Records that a group's desired capacity rose from zero: a cold start, if a job is scheduled. */
  recordScaleOutFromZero(nowMs: number): void {
    const job = this.scheduled.front();
    if (job === undefined) return;
    this.#coldSinceMs = job.scheduledMs;
    this.reactionsMs.push(nowMs - job.scheduledMs);
  }

  /** Records that a job has ended. */
  end(): void {
    this.running -= 1;
    this.ended += 1;
  }

  /** Schedules a job again, before all others, because its instance is gone. */
  restart(job: Job): void {
    this.running -= 1;
    this.interrupted += 1;
    this.#restarted.add(job);
    this.scheduled.pushFront(job);
  }

  #endColdStart(nowMs: number): void {
    if (this.#coldSinceMs === undefined) return;
    this.coldStartsMs.push(nowMs - this.#coldSinceMs);
    this.#coldSinceMs = undefined;
  }
}
