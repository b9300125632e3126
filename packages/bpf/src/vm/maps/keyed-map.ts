/** Arrays, hashes, LRU hashes, tries, stack traces: everything with keys and values. */
import type { MapSpec } from "../../spec/spec.ts";
import { Errno } from "../errno.ts";
import { VmError } from "../fault.ts";
import type { Memory } from "../memory.ts";
import { PrefixKeys } from "./keys.ts";
import type { Keys } from "./keys.ts";
import { VmMap } from "./map.ts";
import { isPerCpu, Slots } from "./slots.ts";
import { toBytes, toNumber } from "./values.ts";
import type { Value } from "./values.ts";

/** Flags of updates. */
const NO_EXIST = 1;
const EXIST = 2;

export class KeyedMap extends VmMap {
  readonly #keys: Keys;
  readonly #slots: Slots;

  constructor(memory: Memory, spec: MapSpec, cpus: number, keys: Keys) {
    super(memory, spec);
    this.#keys = keys;
    this.#slots = new Slots(memory, spec, cpus);
    if (spec.type === "array" || spec.type === "percpu_array") {
      // Arrays exist as a whole from the start.
      this.#slots.value(spec.maxEntries - 1, 0);
      if (spec.data !== undefined) this.#slots.value(0, 0).set(spec.data);
    }
  }

  get size(): number {
    return this.#keys.size;
  }

  /**
   * A copy of a key's value. Of per-CPU maps all CPUs' values, one after the other, each padded to a
   * multiple of 8 bytes, as the kernel gives them; {@link getPerCpu} takes them apart.
   */
  get(key: Value): Uint8Array | undefined {
    const values = this.getPerCpu(key);
    if (values === undefined || values.length === 1) return values?.[0];
    const { stride } = this.#slots;
    const all = new Uint8Array(stride * values.length);
    for (const [cpu, value] of values.entries()) all.set(value, cpu * stride);
    return all;
  }

  /** Copies of a key's values: one for each CPU, or the only one. */
  getPerCpu(key: Value): Uint8Array[] | undefined {
    const slot = this.#keys.find(this.#key(key), false);
    return slot < 0 ? undefined : this.#copies(slot);
  }

  /**
   * A little-endian unsigned number in the value, by default all of it; of per-CPU maps the sum over
   * all CPUs. 0 if there is no such key.
   * @param offset of the number in the value, in bytes
   */
  number(key: Value, offset = 0, size: number = Math.min(8, this.spec.valueSize - offset)): bigint {
    const values = this.getPerCpu(key) ?? [];
    return values.reduce((sum, value) => sum + toNumber(value.subarray(offset, offset + size)), 0n);
  }

  /** The entry whose value an address lies in: its key, and where the value begins. */
  entryAt(address: bigint, cpu: number): { readonly key: Uint8Array; readonly value: bigint } | undefined {
    for (const key of this.keys()) {
      const value = this.lookup(key, cpu);
      if (value !== 0n && address >= value && address < value + BigInt(this.spec.valueSize)) return { key, value };
    }
    return undefined;
  }

  has(key: Value): boolean {
    return this.#keys.find(this.#key(key), false) >= 0;
  }

  /** Writes a key's value, of per-CPU maps every CPU's. Errors: VmError if there is no room or no such index. */
  set(key: Value, value: Value): void {
    const bytes = toBytes(value, this.spec.valueSize, `a value of map '${this.name}'`);
    const slot = this.#slotFor(this.#key(key), 0);
    if (slot < 0) {
      throw new VmError(
        `map '${this.name}' has no room for key ${String(key)}: it has ${this.spec.maxEntries} entries at most`,
      );
    }
    for (let cpu = 0; cpu < this.#slots.cpus; cpu++) this.#slots.value(slot, cpu).set(bytes);
  }

  /** Whether there was such a key. */
  delete(key: Value): boolean {
    return this.remove(this.#key(key)) === 0;
  }

  /** Keys and values, copied; values as {@link get} gives them. */
  entries(): (readonly [key: Uint8Array, value: Uint8Array])[] {
    return this.#keys.all().map((key) => [key, this.get(key)!] as const);
  }

  /** For programs: the address of the value, or 0. */
  lookup(key: Uint8Array, cpu: number): bigint {
    const slot = this.#keys.find(key, true);
    return slot < 0 ? 0n : this.#slots.address(slot, cpu);
  }

  /** For programs: 0 or a negative errno. */
  update(key: Uint8Array, value: Uint8Array, flags: number, cpu: number): number {
    if (flags > EXIST) return -Errno.EINVAL;
    const slot = this.#slotFor(key, flags);
    if (slot < 0) return slot;
    this.#slots.value(slot, cpu).set(value);
    return 0;
  }

  /** For programs: 0 or a negative errno. */
  remove(key: Uint8Array): number {
    return Math.min(0, this.#keys.remove(key));
  }

  /** The keys as they are now, for walks that change the map. */
  keys(): Uint8Array[] {
    return this.#keys.all();
  }

  /** The slot to write to, new and empty if need be, or a negative errno. */
  #slotFor(key: Uint8Array, flags: number): number {
    const keys = this.#keys;
    const found = keys instanceof PrefixKeys ? keys.findExactly(key) : keys.find(key, true);
    if (found < 0) {
      if (flags === EXIST) return keys.absent;
      const added = keys.add(key);
      if (added >= 0) this.#slots.clear(added);
      return added;
    }
    if (flags === NO_EXIST) return -Errno.EEXIST;
    return keys.move === undefined || isPerCpu(this.spec.type) ? found : keys.move(key);
  }

  #copies(slot: number): Uint8Array[] {
    return Array.from({ length: this.#slots.cpus }, (_, cpu) => this.#slots.value(slot, cpu).slice());
  }

  #key(key: Value): Uint8Array {
    return toBytes(key, this.spec.keySize, `a key of map '${this.name}'`);
  }
}
