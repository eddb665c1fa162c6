import { EVENT_MESSAGE_GROUP, EVENT_QUEUE } from "../../config/event-rule.ts";
import type { EventArrivals } from "./event-arrivals.ts";
import { FifoQueue } from "./fifo-queue.ts";

/** A message that a loop heard, and when, in epoch milliseconds. */
export interface HeardMessage {
  atMs: number;
  body: string;
}

/** The queue of a loop, as the deployed rule fills it: one message for each second with an event. */
export class EventFeed {
  readonly #queue = new FifoQueue(EVENT_QUEUE);
  readonly #arrivals: EventArrivals;
  readonly #queues: ReadonlySet<string>;

  /** @param queues the Buildkite queues whose jobs the rule takes */
  constructor(arrivals: EventArrivals, queues: ReadonlySet<string>) {
    this.#arrivals = arrivals;
    this.#queues = queues;
  }

  /** Returns when the next event arrives; Infinity if none does. */
  nextMs(): number {
    return this.#arrivals.nextMs();
  }

  /** Returns the first message from `fromMs` until `untilMs`, which is then gone; undefined if there is none. */
  hear(fromMs: number, untilMs: number): HeardMessage | undefined {
    while (this.#arrivals.nextMs() <= fromMs) this.#deliver();
    let atMs = fromMs;
    for (;;) {
      const message = this.#queue.receive(atMs);
      if (message !== undefined) {
        this.#queue.delete(message.receiptHandle, atMs);
        return { atMs, body: message.body };
      }
      atMs = this.#arrivals.nextMs();
      if (atMs > untilMs || atMs === Number.POSITIVE_INFINITY) return undefined;
      this.#deliver();
    }
  }

  #deliver(): void {
    const arrival = this.#arrivals.take();
    if (arrival === undefined || !this.#queues.has(arrival.job.queue)) return;
    this.#queue.send(formatBody(arrival.job.scheduledMs), EVENT_MESSAGE_GROUP, arrival.atMs);
  }
}

/** What the deployed rule makes of an event at this time. */
function formatBody(ms: number): string {
  return JSON.stringify({ at: `${new Date(ms).toISOString().slice(0, 19)}Z` });
}
