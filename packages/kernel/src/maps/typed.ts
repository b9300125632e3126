/** A map whose keys and values are JavaScript values. */
import type { Codec, CodecOptions } from "@sonde/bpf/btf";
import { CodecError } from "@sonde/bpf/btf";
import type { Batch } from "./batches.ts";
import { mapCodecs } from "./codecs.ts";
import type { MapTypes } from "./codecs.ts";
import type { BpfMap } from "./map.ts";

export interface TypedMapOptions<K, V> extends CodecOptions {
  /** What the type ids of the map's specification belong to; without it sizes decide. */
  readonly types?: MapTypes;
  /** Instead of what would be chosen, see {@link mapCodecs}. For per-CPU maps of all CPUs' values. */
  readonly key?: Codec<K>;
  readonly value?: Codec<V>;
}

/**
 * `map` with typed keys and values. What they are is the caller's word (K and V) and the codec's choice,
 * see {@link mapCodecs}; per-CPU maps have V as an array. Queues, stacks and bloom filters have no keys:
 * see {@link Queue} and {@link BloomFilter}.
 */
export function typedMap<K, V>(map: BpfMap, options: TypedMapOptions<K, V> = {}): TypedMap<K, V> {
  const chosen =
    options.key === undefined || options.value === undefined ? mapCodecs(map, options.types, options) : options;
  return new TypedMap(map, (options.key ?? chosen.key) as Codec<K>, (options.value ?? chosen.value) as Codec<V>);
}

export class TypedMap<K, V> {
  readonly map: BpfMap;
  readonly #keyCodec: Codec<K>;
  readonly #valueCodec: Codec<V>;
  readonly #key: DataView<ArrayBuffer>;
  readonly #value: DataView<ArrayBuffer>;

  /** The map is used, not taken over. The codecs' sizes must be those of a key and of all its values. */
  constructor(map: BpfMap, key: Codec<K>, value: Codec<V>) {
    if (key.size !== map.layout.keySize || value.size !== map.layout.entrySize)
      throw new TypeError(
        `${map.subject} has keys of ${map.layout.keySize} and values of ${map.layout.entrySize} bytes, the codecs ${key.size} and ${value.size}`,
      );
    this.map = map;
    this.#keyCodec = key;
    this.#valueCodec = value;
    this.#key = new DataView(new ArrayBuffer(key.size));
    this.#value = new DataView(new ArrayBuffer(value.size));
  }

  /** Undefined when there is no such key. Errors, as of all methods: CodecError, KernelError. */
  get(key: K): V | undefined {
    return this.map.lookup(this.#keyBytes(key), bytesOf(this.#value)) && this.#valueCodec.read(this.#value, 0);
  }

  has(key: K): boolean {
    return this.map.lookup(this.#keyBytes(key), bytesOf(this.#value)) !== undefined;
  }

  /** False when `flags` (UpdateFlag) forbid it; a full map throws E2BIG. */
  set(key: K, value: V, flags?: number): boolean {
    return this.map.update(this.#keyBytes(key), this.#valueBytes(value), flags);
  }

  /** False when there is no such key. */
  delete(key: K): boolean {
    return this.map.delete(this.#keyBytes(key));
  }

  /** {@link get} and delete in one step. */
  take(key: K): V | undefined {
    return this.map.take(this.#keyBytes(key), bytesOf(this.#value)) && this.#valueCodec.read(this.#value, 0);
  }

  /** All entries: each that stays in the map while it is read exactly once, those that come and go perhaps. */
  *entries(): Generator<[K, V], void> {
    for (const batch of this.map.batches()) yield* this.#decoded(batch);
  }

  *keys(): Generator<K, void> {
    const { keySize } = this.map.layout;
    for (const { count, keys } of this.map.batches())
      for (let i = 0; i < count; i++) yield this.#keyCodec.read(keys.view, i * keySize);
  }

  *values(): Generator<V, void> {
    const { entrySize } = this.map.layout;
    for (const { count, values } of this.map.batches())
      for (let i = 0; i < count; i++) yield this.#valueCodec.read(values.view, i * entrySize);
  }

  [Symbol.iterator](): Generator<[K, V], void> {
    return this.entries();
  }

  /** The fastest way to read all entries. Do not call it again inside `visit`. */
  forEach(visit: (value: V, key: K) => void): void {
    const { keySize, entrySize } = this.map.layout;
    this.map.forEachBatch(({ count, keys, values }) => {
      for (let i = 0; i < count; i++)
        visit(this.#valueCodec.read(values.view, i * entrySize), this.#keyCodec.read(keys.view, i * keySize));
    });
  }

  /** Writes many entries in few calls. Returns how many `flags` did not forbid. */
  setAll(entries: Iterable<readonly [K, V]>, flags?: number): number {
    const list = [...entries];
    const { keySize, entrySize } = this.map.layout;
    const keys = new Uint8Array(list.length * keySize);
    const values = new Uint8Array(list.length * entrySize);
    for (const [i, [key, value]] of list.entries()) {
      keys.set(this.#keyBytes(key), i * keySize);
      values.set(this.#valueBytes(value), i * entrySize);
    }
    return this.map.updateBatch(keys, values, flags);
  }

  /** Deletes many keys in few calls. Returns how many there were. */
  deleteAll(keys: Iterable<K>): number {
    const list = [...keys];
    const { keySize } = this.map.layout;
    const bytes = new Uint8Array(list.length * keySize);
    for (const [i, key] of list.entries()) bytes.set(this.#keyBytes(key), i * keySize);
    return this.map.deleteBatch(bytes);
  }

  /** Reads all entries and deletes them, see BpfMap.takeAll. */
  takeAll(): [K, V][] {
    const taken: [K, V][] = [];
    this.map.takeAll((batch) => {
      for (const entry of this.#decoded(batch)) taken.push(entry);
    });
    return taken;
  }

  clear(): void {
    this.map.clear();
  }

  *#decoded({ count, keys, values }: Batch): Generator<[K, V], void> {
    const { keySize, entrySize } = this.map.layout;
    for (let i = 0; i < count; i++)
      yield [this.#keyCodec.read(keys.view, i * keySize), this.#valueCodec.read(values.view, i * entrySize)];
  }

  #keyBytes(key: K): Uint8Array {
    this.#encode("key", this.#keyCodec, this.#key, key);
    return bytesOf(this.#key);
  }

  #valueBytes(value: V): Uint8Array {
    this.#encode("value", this.#valueCodec, this.#value, value);
    return bytesOf(this.#value);
  }

  #encode<T>(part: string, codec: Codec<T>, view: DataView, value: T): void {
    try {
      codec.write(view, 0, value);
    } catch (error) {
      throw error instanceof CodecError ? new CodecError(error.message, [`${part} of ${this.map.subject}`]) : error;
    }
  }
}

function bytesOf(view: DataView<ArrayBuffer>): Uint8Array {
  return new Uint8Array(view.buffer);
}
