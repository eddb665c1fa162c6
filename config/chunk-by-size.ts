/** The limits of one chunk. An item that exceeds `size` by itself gets a chunk of its own. */
export interface ChunkLimits {
  items: number;
  /** In the unit of `getSize`. */
  size: number;
}

/** Cuts a list into chunks, in its order. Each is as long as its limits allow. */
export function chunkBySize<Item>(
  list: readonly Item[],
  getSize: (item: Item) => number,
  limits: ChunkLimits,
): Item[][] {
  const chunks: { items: Item[]; size: number }[] = [];
  for (const item of list) {
    const size = getSize(item);
    const last = chunks.at(-1);
    if (last && last.items.length < limits.items && last.size + size <= limits.size) {
      last.items.push(item);
      last.size += size;
    } else {
      chunks.push({ items: [item], size });
    }
  }
  return chunks.map(({ items }) => items);
}
