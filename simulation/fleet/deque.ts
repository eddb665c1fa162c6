const INITIAL_LENGTH = 16; // A power of two, and so is every later length.

/** A double-ended queue on a ring buffer that grows. All operations are O(1). */
export class Deque<T> {
  #ring: (T | undefined)[] = new Array(INITIAL_LENGTH);
  #front = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  front(): T | undefined {
    return this.#ring[this.#front];
  }

  pushBack(item: T): void {
    this.#growIfFull();
    this.#ring[this.#ringIndex(this.#size)] = item;
    this.#size += 1;
  }

  pushFront(item: T): void {
    this.#growIfFull();
    this.#front = this.#ringIndex(this.#ring.length - 1);
    this.#ring[this.#front] = item;
    this.#size += 1;
  }

  popFront(): T | undefined {
    const item = this.#ring[this.#front];
    if (this.#size === 0) return undefined;
    this.#ring[this.#front] = undefined;
    this.#front = this.#ringIndex(1);
    this.#size -= 1;
    return item;
  }

  /** From front to back. */
  *[Symbol.iterator](): Generator<T> {
    for (let index = 0; index < this.#size; index += 1) {
      const item = this.#ring[this.#ringIndex(index)];
      if (item !== undefined) yield item;
    }
  }

  /** Returns where in the ring an item is: the mask works because the length is a power of two. */
  #ringIndex(index: number): number {
    return (this.#front + index) & (this.#ring.length - 1);
  }

  #growIfFull(): void {
    if (this.#size < this.#ring.length) return;
    const items = [...this];
    this.#ring = [...items, ...new Array(items.length)];
    this.#front = 0;
  }
}
