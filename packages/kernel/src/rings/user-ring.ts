/**
 * Writes to a user ring buffer (BPF_MAP_TYPE_USER_RINGBUF, Linux 6.1), which programs drain by
 * bpf_user_ringbuf_drain.
 *
 *     map offset 0       one page, by the kernel       u64 consumer position
 *     map offset 1 page  one page, written by us       u64 producer position
 *     then               the data, mapped twice in a row, so that a record which wraps
 *                        around the end can be written in one piece
 *
 *     a record           u32 length, bit 31 busy, bit 30 discarded
 *                        u32 zero
 *                        the payload, padded to 8 bytes
 *
 * A record is reserved by moving the producer position behind it while it is busy; the store that
 * clears the bit publishes the payload.
 */
import type { BpfMap } from "../maps/map.ts";
import type { Kernel } from "../sys/kernel.ts";
import { Mapping, PROT_READ, PROT_WRITE } from "../sys/mapping.ts";
import { pageSize } from "../sys/page-size.ts";

const BUSY = 1 << 31;
const DISCARDED = 1 << 30;
const HEADER = 8;

/** Room for one record. Programs see nothing behind it until it is submitted or discarded. */
export interface Reservation {
  /** The payload, to be written before submitting and not after. It may hold bytes of older records. */
  readonly view: DataView<ArrayBuffer>;
  submit(): void;
  discard(): void;
}

export class UserRing {
  readonly #consumer: Mapping;
  readonly #producer: Mapping;
  readonly #size: number;
  readonly #page: number;
  #position: number;

  /** `map` must be of type user_ringbuf; it is used, not taken over, and has one writer. Errors: KernelError of mmap. */
  constructor(kernel: Kernel, map: BpfMap) {
    if (map.type !== "user_ringbuf") throw new TypeError(`${map.subject} is no user ring buffer`);
    const page = pageSize();
    const shared = { fd: map.fd, subject: map.subject };
    this.#size = map.maxEntries;
    this.#page = page;
    this.#consumer = new Mapping(kernel, { ...shared, offset: 0, length: page, protection: PROT_READ });
    try {
      const length = page + 2 * this.#size;
      this.#producer = new Mapping(kernel, { ...shared, offset: page, length, protection: PROT_READ | PROT_WRITE });
    } catch (error) {
      this.#consumer.close();
      throw error;
    }
    this.#position = Number(Atomics.load(new BigUint64Array(this.#producer.buffer, 0, 1), 0));
  }

  /** Room for `length` bytes, or undefined while programs have not drained enough. */
  reserve(length: number): Reservation | undefined {
    const total = HEADER + ((length + 7) & ~7);
    if (total > this.#size) throw new RangeError(`a record of ${length} bytes exceeds the ring of ${this.#size}`);
    const consumed = Number(Atomics.load(new BigUint64Array(this.#consumer.buffer, 0, 1), 0));
    if (this.#position + total - consumed > this.#size) return undefined;
    const { buffer } = this.#producer;
    const at = this.#page + (this.#position % this.#size);
    const header = new Int32Array(buffer, at, 2);
    header[1] = 0;
    Atomics.store(header, 0, length | BUSY);
    this.#position += total;
    Atomics.store(new BigUint64Array(buffer, 0, 1), 0, BigInt(this.#position));
    let open = true;
    const finish = (flags: number): void => {
      if (!open) throw new Error("this record has been submitted or discarded already");
      open = false;
      Atomics.store(header, 0, length | flags);
    };
    return {
      view: new DataView(buffer, at + HEADER, length),
      submit: () => finish(0),
      discard: () => finish(DISCARDED),
    };
  }

  /** Writes a record whole; false while there is no room. */
  write(record: Uint8Array): boolean {
    const room = this.reserve(record.length);
    if (room === undefined) return false;
    new Uint8Array(room.view.buffer, room.view.byteOffset, record.length).set(record);
    room.submit();
    return true;
  }

  close(): void {
    this.#consumer.close();
    this.#producer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
