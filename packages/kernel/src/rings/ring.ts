/**
 * Reads a BPF ring buffer (BPF_MAP_TYPE_RINGBUF) from its shared pages, without system calls.
 *
 *     map offset 0       one page, written by us       u64 consumer position
 *     map offset 1 page  one page, by the kernel       u64 producer position
 *     then               the data, mapped twice in a row, so that a record which wraps
 *                        around the end can be read in one piece
 *
 *     a record           u32 length, bit 31 busy, bit 30 discarded
 *                        u32 page offset (the kernel's own)
 *                        the payload, padded to 8 bytes
 *
 * Positions count bytes and only grow. A record is busy until its producer submits it, and nothing
 * behind it can be read before. The header's load is atomic since it publishes the payload; so is
 * the store of our position, which gives the space back.
 */
import type { BpfMap } from "../maps/map.ts";
import type { Kernel } from "../sys/kernel.ts";
import { Mapping, PROT_READ, PROT_WRITE } from "../sys/mapping.ts";
import { pageSize } from "../sys/page-size.ts";

const DISCARDED = 1 << 30;
const HEADER = 8;

/**
 * Called for each record: its payload is `length` bytes of `view` from `offset`. They are read-only
 * (writing kills the process) and valid only until the call returns: copy what must stay.
 */
export type RecordVisitor = (view: DataView, offset: number, length: number) => void;

export class Ring {
  readonly #map: BpfMap;
  readonly #consumer: Mapping;
  readonly #producer: Mapping;
  readonly #size: number;
  readonly #page: number;
  #position: number;

  /** `map` must be of type ringbuf; it is used, not taken over. Errors: KernelError of mmap. */
  constructor(kernel: Kernel, map: BpfMap) {
    if (map.type !== "ringbuf") throw new TypeError(`${map.subject} is not a ring buffer`);
    const page = pageSize();
    this.#map = map;
    const shared = { fd: map.fd, subject: map.subject };
    this.#size = map.maxEntries;
    this.#page = page;
    this.#consumer = new Mapping(kernel, { ...shared, offset: 0, length: page, protection: PROT_READ | PROT_WRITE });
    try {
      this.#producer = new Mapping(kernel, {
        ...shared,
        offset: page,
        length: page + 2 * this.#size,
        protection: PROT_READ,
      });
    } catch (error) {
      this.#consumer.close();
      throw error;
    }
    this.#position = Number(Atomics.load(new BigInt64Array(this.#consumer.buffer, 0, 1), 0));
  }

  /**
   * Hands out what has been submitted, until the ring is empty or `limit` records have been seen, and
   * returns how many. If the visitor throws, the record it was given counts as read.
   */
  drain(visit: RecordVisitor, limit: number = Infinity): number {
    const consumed = new BigInt64Array(this.#consumer.buffer, 0, 1);
    const produced = new BigInt64Array(this.#producer.buffer, 0, 1);
    const words = new Int32Array(this.#producer.buffer, this.#page);
    const view = new DataView(this.#producer.buffer, this.#page);
    // Producers of a full ring wait for nothing: give back space well before all of it has been read.
    const slice = this.#size >> 3;
    let records = 0;
    for (;;) {
      const available = Number(Atomics.load(produced, 0)) - this.#position;
      const start = this.#position % this.#size;
      const end = start + Math.min(available, slice);
      let at = start;
      try {
        while (at < end && records < limit) {
          const header = Atomics.load(words, at >> 2);
          if (header < 0) break; // busy
          const payload = at + HEADER;
          const length = header & ~DISCARDED;
          at = (payload + length + 7) & ~7;
          if (header !== length) continue;
          records++;
          visit(view, payload, length);
        }
      } finally {
        if (at !== start) {
          this.#position += at - start;
          Atomics.store(consumed, 0, BigInt(this.#position));
        }
      }
      if (at === start || records >= limit) return records;
    }
  }

  /** Readable while there is something to drain, unless it was submitted without a wake-up; for epoll. */
  get descriptors(): readonly number[] {
    return [this.#map.fd];
  }

  /** Bytes that are taken in the ring at this moment, records that are not submitted yet included. */
  get used(): number {
    return Number(Atomics.load(new BigInt64Array(this.#producer.buffer, 0, 1), 0)) - this.#position;
  }

  close(): void {
    this.#consumer.close();
    this.#producer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
