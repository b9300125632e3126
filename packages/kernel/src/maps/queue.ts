/** Queues (first in, first out) and stacks (last in, first out): maps without keys. */
import type { Codec } from "@sonde/bpf/btf";
import { UpdateFlag } from "../sys/constants.ts";
import { Errno } from "../sys/errno.ts";
import { KernelError } from "../sys/errors.ts";
import type { BpfMap } from "./map.ts";

export class Queue<V> {
  readonly map: BpfMap;
  readonly #codec: Codec<V>;
  readonly #noKey: Uint8Array = new Uint8Array(0);
  readonly #value: Uint8Array<ArrayBuffer>;
  readonly #view: DataView<ArrayBuffer>;

  /** `map` must be of type queue or stack; it is used, not taken over. */
  constructor(map: BpfMap, codec: Codec<V>) {
    if (map.type !== "queue" && map.type !== "stack") throw new TypeError(`${map.subject} is no queue or stack`);
    if (codec.size !== map.layout.valueSize)
      throw new TypeError(`${map.subject} has values of ${map.layout.valueSize} bytes, the codec ${codec.size}`);
    this.map = map;
    this.#codec = codec;
    this.#value = new Uint8Array(codec.size);
    this.#view = new DataView(this.#value.buffer);
  }

  /** False when it is full. */
  push(value: V): boolean {
    try {
      this.#write(value, UpdateFlag.ANY);
      return true;
    } catch (error) {
      if (error instanceof KernelError && error.errno === Errno.E2BIG) return false;
      throw error;
    }
  }

  /** Makes room, if it is full, by dropping the oldest value. */
  pushOver(value: V): void {
    this.#write(value, UpdateFlag.EXIST);
  }

  /** Removes the next value; undefined when there is none. */
  pop(): V | undefined {
    return this.map.take(this.#noKey, this.#value) && this.#codec.read(this.#view, 0);
  }

  /** The next value, which stays. */
  peek(): V | undefined {
    return this.map.lookup(this.#noKey, this.#value) && this.#codec.read(this.#view, 0);
  }

  #write(value: V, flags: number): void {
    this.#codec.write(this.#view, 0, value);
    this.map.update(this.#noKey, this.#value, flags);
  }
}
