/**
 * Returns the percentile by nearest rank, which is always one of the values; undefined if there are
 * none. @param sorted smallest first @param share from 0 to 1
 */
export function percentile(sorted: ArrayLike<number>, share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** Returns a sorted copy, smallest first. */
export function sortValues(values: Iterable<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/** Returns the sum; 0 if there are no values. */
export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Returns how many values are at most `limit`. @param sorted smallest first */
export function countUpTo(limit: number, sorted: ArrayLike<number>): number {
  return countLeading(sorted.length, (index) => (sorted[index] ?? 0) <= limit);
}

/** Returns the share of the values, from 0 to 1, that are above `limit`. @param sorted smallest first */
export function shareAbove(limit: number, sorted: ArrayLike<number>): number {
  return sorted.length === 0 ? 0 : 1 - countUpTo(limit, sorted) / sorted.length;
}

/**
 * Returns how many of `count` items belong to the first part of a list that is split in two: binary
 * search. @param isInFirstPart true for every index of the first part, false for every later one
 */
export function countLeading(count: number, isInFirstPart: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isInFirstPart(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
