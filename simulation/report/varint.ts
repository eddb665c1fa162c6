const START_BYTES = 4096;
const CONTINUES = 0x80;
const SEVEN_BITS = 0x7f;
const BASE = 0x80;

/**
 * Writes whole numbers in as few bytes as each needs: seven bits a byte, the eighth says that more follow.
 * No bit shifts, because times in milliseconds have more than 32 bits.
 */
export class VarintWriter {
  #bytes = new Uint8Array(START_BYTES);
  #length = 0;

  /** @param value a whole number of at least 0 */
  unsigned(value: number): void {
    let rest = value;
    while (rest >= BASE) {
      this.#byte((rest % BASE) + CONTINUES);
      rest = Math.floor(rest / BASE);
    }
    this.#byte(rest);
  }

  /** Small numbers of either sign stay small: 0, -1, 1, -2 become 0, 1, 2, 3. */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.unsigned(bytes.length);
    for (const byte of bytes) this.#byte(byte);
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #byte(value: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }
}

/** Reads what a {@link VarintWriter} wrote, in the same order. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @throws RangeError at the end of the bytes */
  unsigned(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new RangeError("the trace is cut short");
      this.#at += 1;
      value += (byte & SEVEN_BITS) * factor;
      if (byte < CONTINUES) return value;
      factor *= BASE;
    }
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(): string {
    const length = this.unsigned();
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    if (bytes.length < length) throw new RangeError("the trace is cut short");
    this.#at += length;
    return new TextDecoder().decode(bytes);
  }
}
