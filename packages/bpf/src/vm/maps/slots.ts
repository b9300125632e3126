/** The memory of a map's values: slots of one size, with one value for each CPU where the map is per-CPU. */
import type { MapSpec, MapType } from "../../spec/spec.ts";
import type { Memory, Region } from "../memory.ts";

/** BPF_F_RDONLY_PROG: programs may not write values. */
const READ_ONLY_FOR_PROGRAMS = 0x80;

export function isPerCpu(type: MapType): boolean {
  return type === "percpu_array" || type === "percpu_hash" || type === "lru_percpu_hash";
}

export class Slots {
  /** Bytes from one CPU's value to the next, a multiple of 8. */
  readonly stride: number;
  /** Values of one slot. */
  readonly cpus: number;
  readonly #region: Region;
  readonly #valueSize: number;

  constructor(memory: Memory, spec: MapSpec, cpus: number) {
    this.#valueSize = spec.valueSize;
    this.stride = (spec.valueSize + 7) & ~7;
    this.cpus = isPerCpu(spec.type) ? cpus : 1;
    this.#region = memory.map({
      name: `a value of map '${spec.name}'`,
      writable: (spec.flags & READ_ONLY_FOR_PROGRAMS) === 0,
      bytes: new Uint8Array(0),
      elements: { stride: this.stride, extent: spec.valueSize },
    });
  }

  /** Where one CPU's value begins. */
  address(slot: number, cpu: number): bigint {
    return this.#region.address + BigInt(this.#offset(slot, cpu));
  }

  /** One CPU's value, shared with programs; memory for it is found if there is none yet. */
  value(slot: number, cpu: number): Uint8Array {
    const start = this.#offset(slot, cpu);
    this.#reserve(slot);
    return this.#region.bytes.subarray(start, start + this.#valueSize);
  }

  /** All CPUs' values. */
  clear(slot: number): void {
    for (let cpu = 0; cpu < this.cpus; cpu++) this.value(slot, cpu).fill(0);
  }

  #offset(slot: number, cpu: number): number {
    return (slot * this.cpus + (this.cpus === 1 ? 0 : cpu)) * this.stride;
  }

  #reserve(slot: number): void {
    const needed = this.#offset(slot + 1, 0);
    const { bytes } = this.#region;
    if (needed <= bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * bytes.length));
    larger.set(bytes);
    this.#region.replace(larger);
  }
}
