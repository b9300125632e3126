/**
 * Byte strings, each kept once and known by a small number from 0: keys of a map, rendered labels.
 *
 * Everything lies in typed arrays: a hundred thousand strings of 70 bytes take 9 MB and give the garbage
 * collector nothing to do. The hash starts from a secret, since whoever is watched chooses the bytes.
 */
import { randomBytes } from "node:crypto";

const LEAST_SLOTS = 64;

export class ByteTable {
  readonly #seed: number = randomBytes(4).readInt32LE();
  #count: number = 0;
  /** String i lies at `#ends[i - 1]` up to `#ends[i]`. */
  #bytes: Uint8Array = new Uint8Array(1024);
  #ends: Uint32Array = new Uint32Array(LEAST_SLOTS);
  #hashes: Int32Array = new Int32Array(LEAST_SLOTS);
  /** Open addressing: number + 1, or 0 for a free slot. At most half are taken. */
  #slots: Uint32Array = new Uint32Array(LEAST_SLOTS);

  /** How many strings there are. */
  get count(): number {
    return this.#count;
  }

  /** Bytes that it takes. */
  get memory(): number {
    return this.#bytes.length + 4 * (this.#ends.length + this.#hashes.length + this.#slots.length);
  }

  /** The number of the `length` bytes at `offset`; a new one (equal to the former {@link count}) if they are new. */
  intern(source: Uint8Array, offset: number, length: number): number {
    const hash = this.#hash(source, offset, length);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let taken = this.#slots[slot]!; taken !== 0; taken = this.#slots[slot]!) {
      if (this.#hashes[taken - 1] === hash && this.#equals(taken - 1, source, offset, length)) return taken - 1;
      slot = (slot + 1) & mask;
    }
    return this.#add(hash, slot, source, offset, length);
  }

  /** Bytes of string `index`. */
  length(index: number): number {
    return this.#ends[index]! - this.#start(index);
  }

  /** Writes string `index` into `target` from `at` on; returns where it ends. There must be room. */
  copy(index: number, target: Uint8Array, at: number): number {
    const bytes = this.#bytes;
    const end = this.#ends[index]!;
    // For some dozens of bytes a loop is faster than a call of set().
    for (let from = this.#start(index); from < end; from++) target[at++] = bytes[from]!;
    return at;
  }

  /** String `index` as UTF-8 text. */
  text(index: number): string {
    const { buffer, byteOffset } = this.#bytes;
    return Buffer.from(buffer, byteOffset).toString("utf8", this.#start(index), this.#ends[index]);
  }

  #start(index: number): number {
    return index === 0 ? 0 : this.#ends[index - 1]!;
  }

  /** FNV-1a over the bytes, then mixed so that the low bits depend on all of them. */
  #hash(source: Uint8Array, offset: number, length: number): number {
    let hash = this.#seed;
    for (let i = offset, end = offset + length; i < end; i++) hash = Math.imul(hash ^ source[i]!, 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return hash ^ (hash >>> 13);
  }

  #equals(index: number, source: Uint8Array, offset: number, length: number): boolean {
    const start = this.#start(index);
    if (this.#ends[index]! - start !== length) return false;
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) if (bytes[start + i] !== source[offset + i]) return false;
    return true;
  }

  #add(hash: number, slot: number, source: Uint8Array, offset: number, length: number): number {
    const index = this.#count++;
    if (index === this.#ends.length) {
      this.#ends = enlarged(this.#ends, 2 * index);
      this.#hashes = enlarged(this.#hashes, 2 * index);
    }
    const start = this.#start(index);
    const end = start + length;
    if (end > this.#bytes.length)
      this.#bytes = enlarged(this.#bytes, Math.max(end, Math.ceil(this.#bytes.length * 1.5)));
    for (let i = 0; i < length; i++) this.#bytes[start + i] = source[offset + i]!;
    this.#ends[index] = end;
    this.#hashes[index] = hash;
    this.#slots[slot] = index + 1;
    if (2 * this.#count > this.#slots.length) this.#rehash();
    return index;
  }

  #rehash(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let index = 0; index < this.#count; index++) {
      let slot = this.#hashes[index]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }
}

/** A longer copy; what is added is zero. */
export function enlarged<T extends Uint8Array | Uint32Array | Int32Array | Float64Array>(array: T, length: number): T {
  const copy = new (array.constructor as new (length: number) => T)(length);
  copy.set(array);
  return copy;
}
