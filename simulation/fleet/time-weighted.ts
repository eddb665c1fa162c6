/** A count that changes over time, and the area under it: for connected agents, agent-milliseconds. */
export class TimeWeightedSum {
  #value = 0;
  #area = 0;
  #sinceMs: number;

  constructor(startMs: number) {
    this.#sinceMs = startMs;
  }

  get value(): number {
    return this.#value;
  }

  add(change: number, nowMs: number): void {
    this.#area += this.#value * (nowMs - this.#sinceMs);
    this.#sinceMs = nowMs;
    this.#value += change;
  }

  /** Returns the area up to now, in count x milliseconds. */
  upTo(nowMs: number): number {
    return this.#area + this.#value * (nowMs - this.#sinceMs);
  }
}
