/** A message that a consumer has received. */
export interface ReceivedMessage {
  id: string;
  body: string;
  /** Proves the receipt: deletes the message as long as it is invisible to others. */
  receiptHandle: string;
}

/** What a queue does with its messages. Times are seconds. */
export interface FifoQueueOptions {
  /** A message that nobody has deleted is dropped after this time. */
  retentionSeconds: number;
  /** How long a received message is invisible. Its group waits for it. */
  visibilitySeconds: number;
}

interface Message {
  id: string;
  group: string;
  body: string;
  sentMs: number;
  /** It is visible from this time on. */
  visibleMs: number;
  receipts: number;
}

/** A second message of the same content is dropped for this long, also after the first one was deleted. */
const DEDUPLICATION_MS = 300_000;

/** SQS's receipt handles of FIFO queues have about this length. */
const HANDLE_LENGTH = 412;

/** The receipt handle is not one of this queue, or the message has become visible again. */
export class ReceiptExpired extends Error {
  override readonly name = "ReceiptExpired";
}

/** An SQS FIFO queue with content-based deduplication. It has no clock: each call gets the time. */
export class FifoQueue {
  readonly #retentionMs: number;
  readonly #visibilityMs: number;
  readonly #messages: Message[] = [];
  /** By body: the first message of the content, in the order of sending. */
  readonly #recent = new Map<string, { id: string; sentMs: number }>();
  #sent = 0;

  constructor({ retentionSeconds, visibilitySeconds }: FifoQueueOptions) {
    this.#retentionMs = retentionSeconds * 1000;
    this.#visibilityMs = visibilitySeconds * 1000;
  }

  /** The number of messages, visible or not. */
  count(nowMs: number): number {
    this.#dropOld(nowMs);
    return this.#messages.length;
  }

  /** Adds a message unless it is a duplicate. Returns the id of the first message of the content. */
  send(body: string, group: string, nowMs: number): string {
    this.#dropOld(nowMs);
    const first = this.#recent.get(body);
    if (first !== undefined) return first.id;
    this.#sent += 1;
    const id = formatId(this.#sent);
    this.#recent.set(body, { id, sentMs: nowMs });
    this.#messages.push({ id, group, body, sentMs: nowMs, visibleMs: nowMs, receipts: 0 });
    return id;
  }

  /** Returns the oldest visible message of a group in which no message is invisible. */
  receive(nowMs: number): ReceivedMessage | undefined {
    this.#dropOld(nowMs);
    const blocked = new Set(
      this.#messages.filter(({ visibleMs }) => visibleMs > nowMs).map(({ group }) => group),
    );
    const message = this.#messages.find(({ group }) => !blocked.has(group));
    if (message === undefined) return undefined;
    message.visibleMs = nowMs + this.#visibilityMs;
    message.receipts += 1;
    return { id: message.id, body: message.body, receiptHandle: formatHandle(message) };
  }

  /** Returns when a message becomes visible that is not now; Infinity if there is none. */
  nextVisibleMs(nowMs: number): number {
    const times = this.#messages.map(({ visibleMs }) => visibleMs).filter((ms) => ms > nowMs);
    return Math.min(...times, Number.POSITIVE_INFINITY);
  }

  /** Deletes a received message. @throws ReceiptExpired */
  delete(receiptHandle: string, nowMs: number): void {
    this.#dropOld(nowMs);
    const index = this.#messages.findIndex(
      (message) => message.visibleMs > nowMs && formatHandle(message) === receiptHandle,
    );
    if (index < 0) throw new ReceiptExpired("The receipt handle has expired.");
    this.#messages.splice(index, 1);
  }

  #dropOld(nowMs: number): void {
    const oldest = this.#messages.findIndex(({ sentMs }) => sentMs + this.#retentionMs > nowMs);
    this.#messages.splice(0, oldest < 0 ? this.#messages.length : oldest);
    for (const [body, { sentMs }] of this.#recent) {
      if (sentMs + DEDUPLICATION_MS > nowMs) break;
      this.#recent.delete(body);
    }
  }
}

function formatId(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
}

function formatHandle({ id, receipts }: Message): string {
  return `AQEB${id}/${receipts}`.padEnd(HANDLE_LENGTH, "=");
}
