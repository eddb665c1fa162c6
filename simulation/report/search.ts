/** How many of the sorted values are at most the limit: by halving. */
export function countUpTo(limit: number, values: ArrayLike<number>): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
