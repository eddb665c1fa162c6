/** A binary heap: a priority queue whose first item comes before all others in a given order. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  /** @param before a strict order; items that it does not order come out in any order */
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
    this.#moveUp(this.#items.length - 1, item);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.#moveDown(last);
    return first;
  }

  /** Puts an item at `start` and moves it up until its parent comes before it. */
  #moveUp(start: number, item: T): void {
    const items = this.#items;
    let at = start;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || !this.#before(item, parent)) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  /** Puts an item at the top and moves it down until it comes before its children. */
  #moveDown(item: T): void {
    const items = this.#items;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const below = this.#findFirst(left, left + 1);
      const child = items[below];
      if (child === undefined || !this.#before(child, item)) break;
      items[at] = child;
      at = below;
    }
    items[at] = item;
  }

  /** Returns the index of the one of two siblings that comes first; `left` if there is no right one. */
  #findFirst(left: number, right: number): number {
    const a = this.#items[left];
    const b = this.#items[right];
    return a !== undefined && b !== undefined && this.#before(b, a) ? right : left;
  }
}
