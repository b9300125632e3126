/**
 * Reads all entries of a map, thousands in one call where the kernel can.
 *
 * A batch walks a hash bucket by bucket, each under its lock. A key never changes its bucket, so no
 * entry is seen twice; entries made or deleted during the walk may or may not be seen. Where there
 * are no batches (stack traces; per-CPU arrays before 5.13), the walk goes from key to key, starts
 * over when the key it stands on is deleted, and skips the keys it has seen.
 */
import { Attr } from "../sys/attr.ts";
import { BpfCommand } from "../sys/constants.ts";
import { Errno } from "../sys/errno.ts";
import { checked } from "../sys/errors.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import { Memory } from "../sys/memory.ts";
import type { MapLayout } from "./layout.ts";

/** A run of entries. Valid until the next one is asked for: the memory is used again. */
export interface Batch {
  readonly count: number;
  /** Key i is at byte `i * keySize`. */
  readonly keys: Memory;
  /** The values of key i start at byte `i * entrySize`; those of its CPUs are `stride` apart. */
  readonly values: Memory;
}

const BATCH = 4096;
/** Of one batch's values; more gains nothing and costs cache. */
const BATCH_BYTES = 1 << 20;
const LEAST_BATCH = 64;
/** Storages of cgroups have no number of entries: as many as there are attachments. */
const UNKNOWN_ENTRIES = 1 << 20;

export class Batches {
  readonly #kernel: Kernel;
  readonly #fd: FileDescriptor;
  readonly #layout: MapLayout;
  readonly #maxEntries: number;
  readonly #subject: string;
  readonly #attr: Attr;
  /** Where the walk stands, in and out: a bucket number or a key. */
  readonly #position: Uint8Array;
  readonly #next: Uint8Array;
  #capacity: number;
  #keys: Memory | undefined;
  #values: Memory | undefined;
  #supported: boolean = true;

  /** `capacity` is how many entries a batch has at first. */
  constructor(
    kernel: Kernel,
    fd: FileDescriptor,
    layout: MapLayout,
    maxEntries: number,
    subject: string,
    capacity: number = suitable(layout),
  ) {
    this.#kernel = kernel;
    this.#fd = fd;
    this.#layout = layout;
    this.#maxEntries = maxEntries === 0 ? UNKNOWN_ENTRIES : maxEntries;
    this.#subject = subject;
    const token = Math.max(4, layout.keySize);
    this.#attr = new Attr(kernel, 56, 2 * (token + 8));
    this.#position = this.#attr.output(0, token);
    this.#next = this.#attr.output(8, token);
    this.#capacity = Math.min(this.#maxEntries, capacity);
  }

  /** Runs of entries until all have been seen. One walk at a time. */
  *walk(): Generator<Batch, void> {
    if (this.#supported) this.#supported = yield* this.#batched(BpfCommand.MAP_LOOKUP_BATCH, "BPF_MAP_LOOKUP_BATCH");
    if (!this.#supported) yield* this.#keyByKey();
  }

  /**
   * {@link walk} that deletes what it hands out, each bucket at once: no change is lost in between. The
   * generator returns false when this map or kernel has no command for that.
   */
  *take(): Generator<Batch, boolean> {
    return yield* this.#batched(BpfCommand.MAP_LOOKUP_AND_DELETE_BATCH, "BPF_MAP_LOOKUP_AND_DELETE_BATCH");
  }

  /**
   *      0 in_batch (u64)   8 out_batch (u64)   16 keys (u64)   24 values (u64)
   *     32 count           36 map_fd            40 elem_flags   48 flags
   */
  *#batched(command: number, call: string): Generator<Batch, boolean> {
    const attr = this.#attr;
    const position = attr.readU64(0);
    const from = this.#position;
    for (let first = true; ;) {
      const keys = (this.#keys ??= new Memory(this.#kernel, this.#capacity * this.#layout.keySize));
      const values = (this.#values ??= new Memory(this.#kernel, this.#capacity * this.#layout.entrySize));
      if (first) attr.u64(0, 0);
      attr.u64(16, keys.address);
      attr.u64(24, values.address);
      attr.u32(32, this.#capacity);
      attr.u32(36, this.#fd.fd);
      const result = this.#kernel.bpf(command, attr);
      if (first) attr.u64(0, position);
      if (result === -Errno.ENOSPC) {
        this.#grow();
        continue;
      }
      if (first && (result === -Errno.ENOTSUPP || result === -Errno.EINVAL)) return false;
      if (result !== -Errno.ENOENT && result !== -Errno.EINTR) checked(result, call, this.#subject);
      const count = attr.readU32(32);
      if (count > 0) yield { count, keys, values };
      if (result === -Errno.ENOENT) return true;
      // Interrupted before the first entry: the kernel has written no position to go on from.
      if (result === -Errno.EINTR && count === 0) continue;
      from.set(this.#next);
      first = false;
    }
  }

  /** A bucket holds more entries than the batch. */
  #grow(): void {
    this.#capacity *= 2;
    this.#keys = undefined;
    this.#values = undefined;
  }

  *#keyByKey(): Generator<Batch, void> {
    const { keySize, entrySize } = this.#layout;
    const keys = (this.#keys ??= new Memory(this.#kernel, this.#capacity * keySize));
    const values = (this.#values ??= new Memory(this.#kernel, this.#capacity * entrySize));
    const key = new Memory(this.#kernel, keySize);
    const attr = new Attr(this.#kernel, 32, 0);
    const seen = new Set<string>();
    let count = 0;
    let started = false;
    // Under deletions the walk may start over any number of times: give up when it has gone twice as far as there is room.
    for (let steps = 0; steps < 2 * this.#maxEntries + 2; steps++) {
      attr.u32(0, this.#fd.fd);
      attr.u64(8, started ? key.address : 0);
      attr.u64(16, key.address);
      const next = this.#kernel.bpf(BpfCommand.MAP_GET_NEXT_KEY, attr);
      if (next === -Errno.ENOENT) break;
      checked(next, "BPF_MAP_GET_NEXT_KEY", this.#subject);
      started = true;
      const name = Buffer.from(key.bytes.buffer).toString("latin1");
      if (seen.has(name)) continue;
      attr.u64(8, key.address);
      attr.u64(16, values.address + count * entrySize);
      const found = this.#kernel.bpf(BpfCommand.MAP_LOOKUP_ELEM, attr);
      if (found === -Errno.ENOENT) continue;
      checked(found, "BPF_MAP_LOOKUP_ELEM", this.#subject);
      seen.add(name);
      keys.bytes.set(key.bytes, count * keySize);
      if (++count === this.#capacity) {
        yield { count, keys, values };
        count = 0;
      }
    }
    if (count > 0) yield { count, keys, values };
  }
}

function suitable(layout: MapLayout): number {
  return Math.max(LEAST_BATCH, Math.min(BATCH, Math.ceil(BATCH_BYTES / Math.max(1, layout.entrySize))));
}
