/** A binary heap: whatever comes before all others, by the order it is given, comes out first. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  /** @param before a strict order; what it leaves open comes out in any order. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#rise(this.#items.length - 1, item);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.#sink(last);
    return first;
  }

  /** Moves an item up from `place` to where it belongs. */
  #rise(place: number, item: T): void {
    const items = this.#items;
    let at = place;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || !this.#before(item, parent)) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  /** Puts an item at the top and moves it down to where it belongs. */
  #sink(item: T): void {
    const items = this.#items;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const below = this.#first(left, left + 1);
      const child = items[below];
      if (child === undefined || !this.#before(child, item)) break;
      items[at] = child;
      at = below;
    }
    items[at] = item;
  }

  /** Which of two neighbours comes first; the left one where there is no right one. */
  #first(left: number, right: number): number {
    const a = this.#items[left];
    const b = this.#items[right];
    return a !== undefined && b !== undefined && this.#before(b, a) ? right : left;
  }
}
