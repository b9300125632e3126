/** Ring buffers, and perf event arrays: records on their way out. */
import type { MapSpec } from "../../spec/spec.ts";
import { Trap } from "../fault.ts";
import type { Memory, Region } from "../memory.ts";
import { VmMap } from "./map.ts";

/** Bytes that the kernel puts before each record. */
const HEADER = 8;

interface RingRecord {
  readonly region: Region;
  /** Bytes of the ring that it takes. */
  readonly room: number;
  state: "reserved" | "submitted" | "discarded";
}

/** BPF_MAP_TYPE_RINGBUF: full when the records that nobody took, headers included, fill it. */
export class RingMap extends VmMap {
  readonly #memory: Memory;
  readonly #records: RingRecord[] = [];
  readonly #open = new Map<bigint, RingRecord>();
  #produced = 0;
  #consumed = 0;

  constructor(memory: Memory, spec: MapSpec) {
    super(memory, spec);
    this.#memory = memory;
  }

  /** Takes the records that were submitted, oldest first, up to the first that is still being written. */
  drain(): Uint8Array[] {
    const taken: Uint8Array[] = [];
    while (this.#records.length > 0 && this.#records[0]!.state !== "reserved") {
      const record = this.#records.shift()!;
      this.#consumed += record.room;
      if (record.state === "submitted") taken.push(record.region.bytes);
    }
    return taken;
  }

  /** Bytes produced and consumed since the start, headers included. */
  get positions(): { readonly produced: number; readonly consumed: number } {
    return { produced: this.#produced, consumed: this.#consumed };
  }

  /** For programs: the address of a new record of so many bytes, or 0 if it does not fit. */
  reserve(size: number): bigint {
    const room = (size + HEADER + 7) & ~7;
    // The kernel never fills a ring to its last byte: positions would be equal again.
    if (this.#produced + room - this.#consumed >= this.spec.maxEntries) return 0n;
    this.#produced += room;
    const region = this.#memory.map({
      name: `a record of ring '${this.name}'`,
      writable: true,
      bytes: new Uint8Array(size),
      object: this,
    });
    const record: RingRecord = { region, room, state: "reserved" };
    this.#records.push(record);
    this.#open.set(region.address, record);
    return region.address;
  }

  /** Discards what is still reserved: how many records that was. */
  abandon(): number {
    const open = [...this.#open.keys()];
    for (const address of open) this.finish(address, "discarded");
    return open.length;
  }

  /** For programs: ends a reservation. */
  finish(address: bigint, state: "submitted" | "discarded"): void {
    const record = this.#open.get(address);
    if (record === undefined)
      throw new Trap(`0x${address.toString(16)} is no reserved record of ring '${this.name}'`, address);
    this.#open.delete(address);
    record.state = state;
    this.#memory.unmap(record.region);
  }
}

/** BPF_MAP_TYPE_PERF_EVENT_ARRAY, with a reader on every CPU. */
export class PerfEventMap extends VmMap {
  #records: { readonly cpu: number; readonly bytes: Uint8Array }[] = [];

  /** Takes all records, in the order in which they were written. */
  drain(): readonly { readonly cpu: number; readonly bytes: Uint8Array }[] {
    const taken = this.#records;
    this.#records = [];
    return taken;
  }

  /** For programs. */
  output(cpu: number, bytes: Uint8Array): void {
    this.#records.push({ cpu, bytes: bytes.slice() });
  }
}
