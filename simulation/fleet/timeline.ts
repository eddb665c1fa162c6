import { Heap } from "./heap.ts";

/** Something that will happen. */
export interface Timer {
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** Of two timers for one instant, the one that was set first comes first. */
  readonly order: number;
  /** Absent once it was cancelled. */
  run: (() => void) | undefined;
}

/** A clock that stands still until told to go on, and what is to happen on it. */
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

  /** When the next timer is due, epoch milliseconds; Infinity where there is none. */
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

  /** Puts the clock forward. Timers that are due by then have to be run first. */
  moveTo(ms: number): void {
    this.#nowMs = ms;
  }

  /** Runs the next timer, at its time. */
  runNext(): void {
    const timer = this.#timers.pop();
    if (timer?.run === undefined) return;
    this.#nowMs = timer.atMs;
    timer.run();
  }
}

/** A cancelled timer keeps its place in the heap and holds on to nothing else. */
export function cancelTimer(timer: Timer | undefined): void {
  if (timer !== undefined) timer.run = undefined;
}
