const SMALLEST = 16;

/** A list that gives and takes at its front, and takes at its back, in constant time: a ring that grows. */
export class Deque<T> {
  #ring: (T | undefined)[] = new Array(SMALLEST);
  #front = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  front(): T | undefined {
    return this.#ring[this.#front];
  }

  pushBack(item: T): void {
    this.#makeRoom();
    this.#ring[this.#place(this.#size)] = item;
    this.#size += 1;
  }

  pushFront(item: T): void {
    this.#makeRoom();
    this.#front = this.#place(this.#ring.length - 1);
    this.#ring[this.#front] = item;
    this.#size += 1;
  }

  popFront(): T | undefined {
    const item = this.#ring[this.#front];
    if (this.#size === 0) return undefined;
    this.#ring[this.#front] = undefined;
    this.#front = this.#place(1);
    this.#size -= 1;
    return item;
  }

  /** From front to back. */
  *[Symbol.iterator](): Generator<T> {
    for (let index = 0; index < this.#size; index += 1) {
      const item = this.#ring[this.#place(index)];
      if (item !== undefined) yield item;
    }
  }

  /** The ring's length is a power of two. */
  #place(index: number): number {
    return (this.#front + index) & (this.#ring.length - 1);
  }

  #makeRoom(): void {
    if (this.#size < this.#ring.length) return;
    const items = [...this];
    this.#ring = [...items, ...new Array(items.length)];
    this.#front = 0;
  }
}
