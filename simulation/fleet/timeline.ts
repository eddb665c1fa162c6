import { Heap } from "./heap.ts";

/** A scheduled event. */
export interface Timer {
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** Of two timers for the same time, the one that was set first runs first. */
  readonly order: number;
  /** Undefined once it is cancelled. */
  run: (() => void) | undefined;
}

/** A virtual clock that only its caller advances, with its timers. Times are epoch milliseconds. */
export class Timeline {
  readonly #timers = new Heap<Timer>((a, b) =>
    a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs,
  );
  #order = 0;
  #nowMs: number;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Returns when the next timer is due; Infinity if there is none. */
  nextMs(): number {
    let next = this.#timers.peek();
    while (next !== undefined && next.run === undefined) {
      this.#timers.pop();
      next = this.#timers.peek();
    }
    return next?.atMs ?? Number.POSITIVE_INFINITY;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.at(this.#nowMs + delayMs, run);
  }

  at(atMs: number, run: () => void): Timer {
    const timer: Timer = { atMs, order: this.#order, run };
    this.#order += 1;
    this.#timers.push(timer);
    return timer;
  }

  /** Advances the clock. Run the timers that are due by then first. */
  moveTo(ms: number): void {
    this.#nowMs = ms;
  }

  /** Advances the clock to the next timer and runs it. */
  runNext(): void {
    const timer = this.#timers.pop();
    if (timer?.run === undefined) return;
    this.#nowMs = timer.atMs;
    timer.run();
  }
}

/** Cancels a timer. It stays in the heap until its time, but releases what its function refers to. */
export function cancelTimer(timer: Timer | undefined): void {
  if (timer !== undefined) timer.run = undefined;
}
