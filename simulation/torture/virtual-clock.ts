import { Heap } from "../fleet/heap.ts";

interface Sleeper {
  atMs: number;
  order: number;
  wake: () => void;
}

/** The clock of a run. Times are epoch milliseconds. */
export interface TortureClock {
  readonly nowMs: number;
  /** Waits until a time. A time that is over is now. */
  sleepUntil(ms: number): Promise<void>;
  sleep(ms: number): Promise<void>;
  /** Starts work beside what runs already. An error in it ends {@link run}. */
  start(work: () => Promise<void>): void;
  /** Moves the clock until a time, or until `isOver`. @throws what started work throws */
  run(untilMs: number, isOver: () => boolean): Promise<void>;
}

/**
 * Virtual time for asynchronous work: what waits for the clock sleeps until the clock is moved there. Of
 * two sleepers for one time, the one that slept first wakes first, so a run is the same each time.
 */
export class VirtualClock implements TortureClock {
  readonly #sleepers = new Heap<Sleeper>((a, b) =>
    a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs,
  );
  readonly #onMoved: (ms: number) => void;
  #order = 0;
  #nowMs: number;
  #failure: { error: unknown } | undefined;

  /** @param onMoved is told each new time, in epoch milliseconds, before anything wakes */
  constructor(startMs: number, onMoved: (ms: number) => void) {
    this.#nowMs = startMs;
    this.#onMoved = onMoved;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  sleepUntil(ms: number): Promise<void> {
    if (ms <= this.#nowMs) return Promise.resolve();
    return new Promise((wake) => {
      this.#sleepers.push({ atMs: ms, order: this.#order, wake });
      this.#order += 1;
    });
  }

  sleep(ms: number): Promise<void> {
    return this.sleepUntil(this.#nowMs + ms);
  }

  start(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }

  /** Moves the clock from sleeper to sleeper. */
  async run(untilMs: number, isOver: () => boolean): Promise<void> {
    await letWorkRun();
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const next = this.#sleepers.peek();
      if (next === undefined || next.atMs > untilMs || isOver()) return;
      this.#sleepers.pop();
      this.#nowMs = next.atMs;
      this.#onMoved(next.atMs);
      next.wake();
      await letWorkRun();
    }
  }
}

/** Lets everything run that does not wait for the clock: the work awaits nothing but promises. */
function letWorkRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
