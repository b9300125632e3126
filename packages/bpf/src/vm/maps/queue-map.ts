/** Maps without keys: queues, stacks, and bloom filters. */
import { Errno } from "../errno.ts";
import { VmMap } from "./map.ts";
import { identity, toBytes } from "./values.ts";
import type { Value } from "./values.ts";

/** Flags of push: BPF_ANY, and BPF_EXIST to make room by dropping the oldest. */
const ANY = 0;
const DROP_OLDEST = 2;

export class QueueMap extends VmMap {
  readonly #values: Uint8Array[] = [];

  /** All values, copied, oldest first. */
  values(): Uint8Array[] {
    return this.#values.map((value) => value.slice());
  }

  /** 0, or a negative errno: E2BIG if it is full, EINVAL for flags other than ANY (0) and EXIST (2: the oldest makes room). */
  push(value: Value, flags = 0): number {
    if (flags !== ANY && flags !== DROP_OLDEST) return -Errno.EINVAL;
    if (this.#values.length === this.spec.maxEntries) {
      if (flags !== DROP_OLDEST) return -Errno.E2BIG;
      this.#values.shift();
    }
    this.#values.push(toBytes(value, this.spec.valueSize, `a value of map '${this.name}'`).slice());
    return 0;
  }

  /** The oldest of a queue, the newest of a stack; undefined if there is none. */
  peek(): Uint8Array | undefined {
    return this.spec.type === "queue" ? this.#values[0] : this.#values.at(-1);
  }

  /** {@link peek}, and it is gone. */
  pop(): Uint8Array | undefined {
    return this.spec.type === "queue" ? this.#values.shift() : this.#values.pop();
  }
}

/** A bloom filter that is never wrong: a program must bear the other kind anyway. */
export class BloomMap extends VmMap {
  readonly #values = new Set<string>();

  /** 0, or -EINVAL for any flags. */
  push(value: Value, flags = 0): number {
    if (flags !== ANY) return -Errno.EINVAL;
    this.#values.add(identity(toBytes(value, this.spec.valueSize, `a value of map '${this.name}'`)));
    return 0;
  }

  has(value: Value): boolean {
    return this.#values.has(identity(toBytes(value, this.spec.valueSize, `a value of map '${this.name}'`)));
  }
}
