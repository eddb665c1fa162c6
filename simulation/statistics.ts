/**
 * The value below which a share of the values lies, by nearest rank: always one of them.
 * Undefined where there are none. @param sorted smallest first
 */
export function percentile(sorted: ArrayLike<number>, share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** The values as a sorted copy. */
export function sortValues(values: Iterable<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/** All of them added up; 0 where there are none. */
export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
