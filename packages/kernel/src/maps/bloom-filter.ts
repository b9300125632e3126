/** Bloom filters: sets that may be wrong about what they hold, never about what they do not. */
import type { Codec } from "@sonde/bpf/btf";
import type { BpfMap } from "./map.ts";

export class BloomFilter<V> {
  readonly map: BpfMap;
  readonly #codec: Codec<V>;
  readonly #noKey: Uint8Array = new Uint8Array(0);
  readonly #value: Uint8Array<ArrayBuffer>;

  /** `map` must be of type bloom_filter; it is used, not taken over. */
  constructor(map: BpfMap, codec: Codec<V>) {
    if (map.type !== "bloom_filter") throw new TypeError(`${map.subject} is no bloom filter`);
    if (codec.size !== map.layout.valueSize)
      throw new TypeError(`${map.subject} has values of ${map.layout.valueSize} bytes, the codec ${codec.size}`);
    this.map = map;
    this.#codec = codec;
    this.#value = new Uint8Array(codec.size);
  }

  /** Nothing can be removed again. */
  add(value: V): void {
    this.map.update(this.#noKey, this.#bytes(value));
  }

  /** False is certain; true may be wrong, the more often the fuller it is. */
  has(value: V): boolean {
    return this.map.contains(this.#bytes(value));
  }

  #bytes(value: V): Uint8Array {
    this.#codec.write(new DataView(this.#value.buffer), 0, value);
    return this.#value;
  }
}
