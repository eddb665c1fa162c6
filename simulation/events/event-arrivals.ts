import { Heap } from "../fleet/heap.ts";
import { appearanceMs, type Job } from "../fleet/options.ts";
import type { Random } from "../fleet/random.ts";
import { type EventDelivery, sampleArrivalsMs } from "./delivery.ts";

/** One arrival of an event. Times are epoch milliseconds. */
export interface Arrival {
  atMs: number;
  job: Job;
}

/**
 * The events of jobs, in the order in which they arrive. A job that has to start again after it lost its
 * instance sends no second event.
 */
export class EventArrivals {
  readonly #delivery: EventDelivery;
  readonly #random: Random;
  readonly #jobs: Iterator<Job>;
  #nextJob: Job | undefined;
  readonly #underway = new Heap<Arrival & { order: number }>((a, b) =>
    a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs,
  );
  #order = 0;

  /** @param jobs in the order of {@link appearanceMs}; read no earlier than their arrivals are needed */
  constructor(jobs: Iterable<Job>, delivery: EventDelivery, random: Random) {
    this.#delivery = delivery;
    this.#random = random;
    this.#jobs = jobs[Symbol.iterator]();
    this.#takeNextJob();
  }

  /** Returns when the next event arrives; Infinity if none does. */
  nextMs(): number {
    while (this.#nextJob !== undefined && appearanceMs(this.#nextJob) <= this.#firstMs())
      this.#send(this.#nextJob);
    return this.#firstMs();
  }

  /** Returns the next arrival and removes it. */
  take(): Arrival | undefined {
    this.nextMs();
    return this.#underway.pop();
  }

  #firstMs(): number {
    return this.#underway.peek()?.atMs ?? Number.POSITIVE_INFINITY;
  }

  #send(job: Job): void {
    for (const atMs of sampleArrivalsMs(job, this.#delivery, this.#random)) {
      this.#underway.push({ atMs, job, order: this.#order });
      this.#order += 1;
    }
    this.#takeNextJob();
  }

  #takeNextJob(): void {
    const next = this.#jobs.next();
    this.#nextJob = next.done === true ? undefined : next.value;
  }
}
