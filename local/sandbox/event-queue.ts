import { EVENT_MESSAGE_GROUP, EVENT_QUEUE } from "../../config/event-rule.ts";
import { FifoQueue, type ReceivedMessage } from "../../simulation/events/fifo-queue.ts";

/** A FIFO queue of the sandbox, with consumers that wait for its messages. */
export class EventQueue {
  readonly #queue = new FifoQueue(EVENT_QUEUE);
  readonly #now: () => number;
  readonly #waiting = new Set<() => void>();

  /** @param now returns the time, in epoch milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Adds a message unless it is a duplicate. Returns the id of the first message of the content. */
  send(body: string, group = EVENT_MESSAGE_GROUP): string {
    const id = this.#queue.send(body, group, this.#now());
    this.#wakeConsumers();
    return id;
  }

  /** @throws ReceiptExpired */
  delete(receiptHandle: string): void {
    this.#queue.delete(receiptHandle, this.#now());
    this.#wakeConsumers();
  }

  /** The number of messages, visible or not. */
  count(): number {
    return this.#queue.count(this.#now());
  }

  /** Waits for a message, at most `waitSeconds`, and no longer than the consumer does. */
  async receive(waitSeconds: number, gone: AbortSignal): Promise<ReceivedMessage | undefined> {
    const endMs = this.#now() + waitSeconds * 1000;
    while (!gone.aborted) {
      const nowMs = this.#now();
      const message = this.#queue.receive(nowMs);
      if (message !== undefined || nowMs >= endMs) return message;
      await this.#waitUntil(Math.min(endMs, this.#queue.nextVisibleMs(nowMs)), gone);
    }
    return undefined;
  }

  async #waitUntil(ms: number, gone: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = () => resolve();
    const timer = setTimeout(stop, ms - this.#now());
    this.#waiting.add(stop);
    gone.addEventListener("abort", stop);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(stop);
    gone.removeEventListener("abort", stop);
  }

  #wakeConsumers(): void {
    for (const wake of this.#waiting) wake();
  }
}
