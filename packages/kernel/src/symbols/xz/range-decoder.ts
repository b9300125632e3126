/**
 * The arithmetic decoder under LZMA. Each bit is coded by how likely it is: the range is split in that
 * proportion, and the code says in which part it lies. Likelihoods adapt with every bit.
 *
 *     0 ............. bound ............. range
 *     a 0 bit         a 1 bit             bound = range / 2048 * likelihood of a 0
 */
export class XzError extends Error {
  override readonly name = "XzError";
}

const TOTAL_BITS = 11;
const TOTAL = 1 << TOTAL_BITS;
const MOVE_BITS = 5;
/** Below this the range is refilled by a byte. */
const TOP = 2 ** 24;
const CODE_BYTES = 5;

/** Likelihoods, at first even. */
export function likelihoods(count: number): Uint16Array {
  return new Uint16Array(count).fill(TOTAL / 2);
}

export class RangeDecoder {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;
  #range = 0xffffffff;
  #code = 0;

  /** Decodes the bytes from `start` to `end`. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#end = end;
    this.#at = start + CODE_BYTES;
    if (this.#at > end || bytes[start] !== 0) throw new XzError("damaged: a chunk does not begin as it must");
    for (let i = 1; i < CODE_BYTES; i++) this.#code = ((this.#code << 8) | (bytes[start + i] as number)) >>> 0;
  }

  /** A chunk has been read rightly if all of it has been, and nothing is left in the code. */
  get finished(): boolean {
    return this.#at === this.#end && this.#code === 0;
  }

  bit(probabilities: Uint16Array, index: number): number {
    const probability = probabilities[index] as number;
    const bound = (this.#range >>> TOTAL_BITS) * probability;
    let bit = 0;
    if (this.#code < bound) {
      this.#range = bound;
      probabilities[index] = probability + ((TOTAL - probability) >> MOVE_BITS);
    } else {
      this.#range -= bound;
      this.#code -= bound;
      probabilities[index] = probability - (probability >> MOVE_BITS);
      bit = 1;
    }
    if (this.#range < TOP) this.#refill();
    return bit;
  }

  /** Bits of which a 0 and a 1 are equally likely, the highest first. */
  even(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) this.#code -= this.#range;
      value = value * 2 + bit;
      if (this.#range < TOP) this.#refill();
    }
    return value;
  }

  /** A number of so many bits, the highest first: a walk through a tree of likelihoods from its root. */
  tree(probabilities: Uint16Array, base: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = (node << 1) | this.bit(probabilities, base + node);
    return node - (1 << bits);
  }

  /** The same, the lowest bit first. */
  reverseTree(probabilities: Uint16Array, base: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(probabilities, base + node);
      node = (node << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  #refill(): void {
    if (this.#at >= this.#end) throw new XzError("damaged: a chunk ends early");
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | (this.#bytes[this.#at++] as number)) >>> 0;
  }
}
