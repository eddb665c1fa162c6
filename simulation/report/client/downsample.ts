import { countUpTo } from "../../statistics.ts";
import type { TimeRange } from "./time-range.ts";

/** Number of rows that are drawn per pixel. */
export const ROWS_PER_PIXEL = 4;

/** Returns evenly spaced times: {@link ROWS_PER_PIXEL} per pixel of the range, and the end of the range. */
export function createGrid({ fromMs, toMs }: TimeRange, pixels: number): Float64Array {
  const rows = pixels * ROWS_PER_PIXEL;
  const stepMs = (toMs - fromMs) / rows;
  return Float64Array.from({ length: rows + 1 }, (_, row) => fromMs + row * stepMs);
}

/**
 * Reduces a column to the rows of a grid. A value is valid until the next row of the column. Each pixel keeps
 * its first, smallest, largest and last value, so a peak stays visible at every zoom level. Values before the
 * first row of the column are null.
 */
export function downsample(
  timesMs: ArrayLike<number>,
  values: ArrayLike<number>,
  grid: Float64Array,
): (number | null)[] {
  const reduced = new Array<number | null>(grid.length);
  const pixels = (grid.length - 1) / ROWS_PER_PIXEL;
  let row = countUpTo(grid[0] ?? 0, timesMs);
  let current = row === 0 ? null : (values[row - 1] ?? null);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const start = pixel * ROWS_PER_PIXEL;
    const endMs = grid[start + ROWS_PER_PIXEL] ?? 0;
    const first = current;
    let smallest = current;
    let largest = current;
    for (; row < timesMs.length && (timesMs[row] ?? 0) <= endMs; row += 1) {
      current = values[row] ?? 0;
      smallest = smallest === null ? current : Math.min(smallest, current);
      largest = largest === null ? current : Math.max(largest, current);
    }
    const isRising = (current ?? 0) > (first ?? 0);
    reduced[start] = first;
    reduced[start + 1] = isRising ? smallest : largest;
    reduced[start + 2] = isRising ? largest : smallest;
    reduced[start + 3] = current;
  }
  reduced[grid.length - 1] = current;
  return reduced;
}
