/**
 * One CPU's perf ring in shared pages.
 *
 *     page 0        struct perf_event_mmap_page:
 *                   1024 data_head (u64), by the kernel   1032 data_tail (u64), by us
 *     then          2^n pages of records, each:
 *                   u32 type   u16 misc   u16 size   and `size - 8` bytes
 *
 *     PERF_RECORD_LOST (2)     u64 id, u64 how many records did not fit
 *     others                   as the event that the ring belongs to was opened for
 *
 * Positions count bytes and only grow. A record may go on at the start of the ring: then it is put
 * together in a copy. The head's load is atomic since it publishes the records; so is the store of
 * the tail, which gives the space back.
 */
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import { Mapping, PROT_READ, PROT_WRITE } from "../sys/mapping.ts";
import { pageSize } from "../sys/page-size.ts";

/** One record: its type and misc bits, and where what comes after its header begins and ends. */
export type PerfVisitor = (type: number, misc: number, view: DataView, start: number, end: number) => void;

const HEAD = 1024;
const TAIL = 1032;
const RECORD_LOST = 2;
const HEADER = 8;
/** A record's size is a u16. */
const LARGEST = 1 << 16;

export class PerfPages {
  readonly #mapping: Mapping;
  readonly #size: number;
  /** Made when the first record wraps around. */
  #whole: Uint8Array<ArrayBuffer> | undefined;
  #lost: number = 0;

  /** `pages` is a power of two. */
  constructor(kernel: Kernel, fd: FileDescriptor, pages: number, subject: string) {
    const page = pageSize();
    this.#size = pages * page;
    this.#mapping = new Mapping(kernel, {
      fd: fd.fd,
      offset: 0,
      length: page + this.#size,
      protection: PROT_READ | PROT_WRITE,
      subject,
    });
  }

  /** Records that did not fit, as far as records told; the kernel writes such a record before the next one that fits. */
  get lost(): number {
    return this.#lost;
  }

  /**
   * Hands out what is there while `wanted` says so; records are valid until `visit` returns. If it
   * throws, the record it was given counts as read.
   */
  drain(visit: PerfVisitor, wanted: () => boolean = () => true): void {
    const { buffer } = this.#mapping;
    const positions = new BigUint64Array(buffer, HEAD, 2);
    const start = buffer.byteLength - this.#size;
    const data = new DataView(buffer, start);
    let tail = Number(positions[1]);
    const head = Number(Atomics.load(positions, 0));
    while (tail < head && wanted()) {
      const at = tail % this.#size;
      const size = data.getUint16(at + 6, true); // records start at multiples of 8: a header never wraps
      const type = data.getUint32(at, true);
      const whole = at + size <= this.#size;
      const view = whole ? data : this.#joined(new Uint8Array(buffer, start), at, size);
      const from = whole ? at : 0;
      tail += size;
      try {
        if (type === RECORD_LOST) this.#lost += Number(view.getBigUint64(from + HEADER + 8, true));
        else visit(type, view.getUint16(from + 4, true), view, from + HEADER, from + size);
      } finally {
        Atomics.store(positions, (TAIL - HEAD) >> 3, BigInt(tail));
      }
    }
  }

  close(): void {
    this.#mapping.close();
  }

  #joined(data: Uint8Array, at: number, size: number): DataView {
    const whole = (this.#whole ??= new Uint8Array(LARGEST));
    const head = this.#size - at;
    whole.set(data.subarray(at));
    whole.set(data.subarray(0, size - head), head);
    return new DataView(whole.buffer);
  }
}
