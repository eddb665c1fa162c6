import { countUpTo } from "../../statistics.ts";
import type { Range } from "./range.ts";

/** Rows that are drawn for a pixel. */
export const ROWS_PER_PIXEL = 4;

/** The times of a grid of {@link ROWS_PER_PIXEL} rows for each pixel of a range, and the range's end. */
export function createGrid({ fromMs, toMs }: Range, pixels: number): Float64Array {
  const rows = pixels * ROWS_PER_PIXEL;
  const stepMs = (toMs - fromMs) / rows;
  return Float64Array.from({ length: rows + 1 }, (_, row) => fromMs + row * stepMs);
}

/**
 * A column of steps as it looks on that grid. Each pixel keeps what it starts with, its least, its most
 * and what it ends with, so that no peak is lost, however many rows fall into it. Null before the first
 * row: nothing is known there.
 */
export function downsample(
  timesMs: ArrayLike<number>,
  values: ArrayLike<number>,
  grid: Float64Array,
): (number | null)[] {
  const out = new Array<number | null>(grid.length);
  const pixels = (grid.length - 1) / ROWS_PER_PIXEL;
  let row = countUpTo(grid[0] ?? 0, timesMs);
  let current = row === 0 ? null : (values[row - 1] ?? null);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const at = pixel * ROWS_PER_PIXEL;
    const endMs = grid[at + ROWS_PER_PIXEL] ?? 0;
    const first = current;
    let least = current;
    let most = current;
    for (; row < timesMs.length && (timesMs[row] ?? 0) <= endMs; row += 1) {
      current = values[row] ?? 0;
      least = least === null ? current : Math.min(least, current);
      most = most === null ? current : Math.max(most, current);
    }
    const isRising = (current ?? 0) > (first ?? 0);
    out[at] = first;
    out[at + 1] = isRising ? least : most;
    out[at + 2] = isRising ? most : least;
    out[at + 3] = current;
  }
  out[grid.length - 1] = current;
  return out;
}
