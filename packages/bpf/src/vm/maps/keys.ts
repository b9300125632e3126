/** Which slot a key's values are in: what tells array, hash, LRU and trie apart. */
import { Errno } from "../errno.ts";
import { identity, toBytes, toNumber } from "./values.ts";

export interface Keys {
  readonly size: number;
  /** The errno, negative, for an update of a key that must be there and is not. */
  readonly absent: number;
  /** The slot of a key, or -1. A look-up by a program counts as use; an author's does not. */
  find(key: Uint8Array, use: boolean): number;
  /** A slot for a key that is not there, or a negative errno. */
  add(key: Uint8Array): number;
  /** The slot that was the key's, or a negative errno. */
  remove(key: Uint8Array): number;
  /** Another slot for a key that is there; undefined where a key keeps its slot. */
  move?(key: Uint8Array): number;
  /** All keys, copied. */
  all(): Uint8Array[];
}

/** Slots are the keys: 0 to `length - 1`, always there. */
export class ArrayKeys implements Keys {
  readonly size: number;
  readonly absent: number = -Errno.E2BIG;

  constructor(length: number) {
    this.size = length;
  }

  find(key: Uint8Array): number {
    const index = Number(toNumber(key));
    return index < this.size ? index : -1;
  }

  add(): number {
    return this.absent;
  }

  remove(): number {
    return -Errno.EINVAL;
  }

  all(): Uint8Array[] {
    return Array.from({ length: this.size }, (_, index) => toBytes(index, 4, "a key"));
  }
}

/** Slots are handed out as keys come, and again in the order in which they were given back. */
export class HashKeys implements Keys {
  readonly absent: number = -Errno.ENOENT;
  readonly #capacity: number;
  readonly #evict: boolean;
  readonly #entries = new Map<string, { readonly key: Uint8Array; readonly slot: number }>();
  readonly #free: number[] = [];
  #slots = 0;

  /** @param evict make room by forgetting the key that was used longest ago */
  constructor(capacity: number, evict: boolean) {
    this.#capacity = capacity;
    this.#evict = evict;
  }

  get size(): number {
    return this.#entries.size;
  }

  find(key: Uint8Array, use: boolean): number {
    const id = identity(key);
    const entry = this.#entries.get(id);
    if (entry === undefined) return -1;
    if (use && this.#evict) {
      this.#entries.delete(id);
      this.#entries.set(id, entry);
    }
    return entry.slot;
  }

  add(key: Uint8Array): number {
    if (this.#entries.size === this.#capacity) {
      const oldest = this.#evict ? this.#entries.values().next().value : undefined;
      if (oldest === undefined) return -Errno.E2BIG;
      this.remove(oldest.key);
    }
    return this.#place(key);
  }

  remove(key: Uint8Array): number {
    const id = identity(key);
    const entry = this.#entries.get(id);
    if (entry === undefined) return -Errno.ENOENT;
    this.#entries.delete(id);
    this.#free.push(entry.slot);
    return entry.slot;
  }

  /** The kernel puts an updated element beside the old one, which who holds it still sees. */
  move(key: Uint8Array): number {
    const slot = this.#takeSlot();
    this.remove(key);
    this.#entries.set(identity(key), { key: key.slice(), slot });
    return slot;
  }

  all(): Uint8Array[] {
    return Array.from(this.#entries.values(), ({ key }) => key.slice());
  }

  #place(key: Uint8Array): number {
    const slot = this.#takeSlot();
    this.#entries.set(identity(key), { key: key.slice(), slot });
    return slot;
  }

  #takeSlot(): number {
    return this.#free.shift() ?? this.#slots++;
  }
}

/**
 * Longest prefix match. A key is a u32 with the number of bits that count, then the bits, the first
 * one being the highest of the first byte.
 */
export class PrefixKeys implements Keys {
  readonly absent: number = -Errno.ENOENT;
  readonly #hash: HashKeys;

  constructor(capacity: number) {
    this.#hash = new HashKeys(capacity, false);
  }

  get size(): number {
    return this.#hash.size;
  }

  find(key: Uint8Array): number {
    for (let bits = prefixLength(key); bits >= 0; bits--) {
      const slot = this.#hash.find(prefix(key, bits), false);
      if (slot >= 0) return slot;
    }
    return -1;
  }

  /** The slot of exactly this prefix, or -1. */
  findExactly(key: Uint8Array): number {
    return this.#hash.find(prefix(key, prefixLength(key)), false);
  }

  add(key: Uint8Array): number {
    if (prefixLength(key) > 8 * (key.length - 4)) return -Errno.EINVAL;
    const slot = this.#hash.add(prefix(key, prefixLength(key)));
    return slot === -Errno.E2BIG ? -Errno.ENOSPC : slot;
  }

  remove(key: Uint8Array): number {
    return this.#hash.remove(prefix(key, prefixLength(key)));
  }

  all(): Uint8Array[] {
    return this.#hash.all();
  }
}

function prefixLength(key: Uint8Array): number {
  return Number(toNumber(key.subarray(0, 4)));
}

/** The key with only this many bits, the rest zero. */
function prefix(key: Uint8Array, bits: number): Uint8Array {
  const masked = new Uint8Array(key.length);
  masked.set(toBytes(bits, 4, "a prefix length"));
  const whole = Math.min(bits >> 3, key.length - 4);
  masked.set(key.subarray(4, 4 + whole), 4);
  if (4 + whole < key.length) masked[4 + whole] = key[4 + whole]! & (0xff00 >> (bits & 7));
  return masked;
}
