import { countUpTo } from "../statistics.ts";

/** Equal parts of time, one after the other. */
export interface BucketGrid {
  fromMs: number;
  stepMs: number;
  count: number;
}

/** For each bucket the average over time, the smallest and the largest value; null before the first row. */
export interface BucketSummary {
  means: (number | null)[];
  lows: (number | null)[];
  highs: (number | null)[];
}

/** Summarizes a column in buckets. A value is valid until the next row of the column. */
export function summarizeBuckets(
  timesMs: ArrayLike<number>,
  values: ArrayLike<number>,
  { fromMs, stepMs, count }: BucketGrid,
): BucketSummary {
  const summary: BucketSummary = { means: [], lows: [], highs: [] };
  let row = countUpTo(fromMs, timesMs);
  let current = row === 0 ? null : (values[row - 1] ?? null);
  for (let bucket = 0; bucket < count; bucket += 1) {
    const endMs = fromMs + (bucket + 1) * stepMs;
    const average = new TimeAverage(current, endMs - stepMs);
    for (; row < timesMs.length && (timesMs[row] ?? 0) < endMs; row += 1) {
      current = values[row] ?? 0;
      average.change(current, timesMs[row] ?? 0);
    }
    average.change(current, endMs);
    summary.means.push(average.mean());
    summary.lows.push(average.low);
    summary.highs.push(average.high);
  }
  return summary;
}

/** The average over time of a value that changes in steps, and its range. */
class TimeAverage {
  low: number | null;
  high: number | null;
  #current: number | null;
  #sinceMs: number;
  #area = 0;
  #lengthMs = 0;

  constructor(value: number | null, sinceMs: number) {
    this.#current = value;
    this.low = value;
    this.high = value;
    this.#sinceMs = sinceMs;
  }

  change(value: number | null, atMs: number): void {
    if (this.#current !== null) {
      this.#area += this.#current * (atMs - this.#sinceMs);
      this.#lengthMs += atMs - this.#sinceMs;
    }
    this.#current = value;
    this.#sinceMs = atMs;
    if (value === null) return;
    this.low = Math.min(this.low ?? value, value);
    this.high = Math.max(this.high ?? value, value);
  }

  mean(): number | null {
    return this.#lengthMs === 0 ? this.#current : this.#area / this.#lengthMs;
  }
}
