/** A map that is live in the kernel. Keys and values are raw bytes; decoders give them meaning. */
import type { MapType } from "@sonde/bpf/spec";
import { mapFreeze } from "../sys/bpf/map-commands.ts";
import { objectPin } from "../sys/bpf/object-commands.ts";
import { MapFlag, UpdateFlag } from "../sys/constants.ts";
import { duplicated } from "../sys/duplicate.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import { Mapping, PROT_READ, PROT_WRITE } from "../sys/mapping.ts";
import { pageSize } from "../sys/page-size.ts";
import { BatchWrites } from "./batch-writes.ts";
import { Batches } from "./batches.ts";
import type { Batch } from "./batches.ts";
import { Elements } from "./elements.ts";
import { mapInfo } from "./info.ts";
import type { MapInfo } from "./info.ts";
import { isArray } from "./layout.ts";
import type { MapLayout } from "./layout.ts";

export interface MapDescription {
  readonly name: string;
  readonly type: MapType;
  readonly maxEntries: number;
  /** BPF_F_* bits it was created with. */
  readonly flags: number;
  /** map_extra, see MapSpec. */
  readonly extra?: bigint;
}

/** Called for each entry: its key and its values (one for each CPU, `layout.stride` apart) at byte offsets. */
export type EntryVisitor = (keys: DataView, keyOffset: number, values: DataView, valueOffset: number) => void;

export class BpfMap {
  readonly name: string;
  readonly type: MapType;
  readonly maxEntries: number;
  readonly flags: number;
  readonly extra: bigint;
  readonly layout: MapLayout;
  /** "map 'start' (hash)", for messages. */
  readonly subject: string;
  readonly #kernel: Kernel;
  readonly #fd: FileDescriptor;
  #elements: Elements | undefined;
  /** Memory of a walk that is over, for the next. */
  #idle: Batches | undefined;
  #mapping: Mapping | undefined;

  /** Takes the descriptor over. {@link createMap} is the way to make one. */
  constructor(kernel: Kernel, fd: FileDescriptor, description: MapDescription, layout: MapLayout) {
    this.#kernel = kernel;
    this.#fd = fd;
    this.name = description.name;
    this.type = description.type;
    this.maxEntries = description.maxEntries;
    this.flags = description.flags;
    this.extra = description.extra ?? 0n;
    this.layout = layout;
    this.subject = `map '${description.name}' (${description.type})`;
  }

  /** Throws when the map has been closed. */
  get fd(): number {
    return this.#fd.fd;
  }

  /**
   * The values of a key, as `layout` describes them, or undefined. They are copied into `into`
   * (`layout.entrySize` bytes) if given.
   */
  lookup(key: Uint8Array, into: Uint8Array = new Uint8Array(this.layout.entrySize)): Uint8Array | undefined {
    return this.#element().lookup(key, into);
  }

  /** {@link lookup} and delete in one step. Errors: UnsupportedFeatureError for hashes before Linux 5.14. */
  take(key: Uint8Array, into: Uint8Array = new Uint8Array(this.layout.entrySize)): Uint8Array | undefined {
    return this.#element().take(key, into);
  }

  /** Writes the values of a key (all CPUs'). False when `flags` (UpdateFlag) forbid it; a full map throws E2BIG. */
  update(key: Uint8Array, value: Uint8Array, flags: number = 0): boolean {
    return this.#element().update(key, value, flags);
  }

  /** False when there is no such key. */
  delete(key: Uint8Array): boolean {
    return this.#element().delete(key);
  }

  /**
   * All entries, in runs of thousands: the fastest way to read. Concurrent changes are survived; every
   * entry that stays in the map is seen exactly once.
   */
  forEachBatch(visit: (batch: Batch) => void): void {
    for (const batch of this.batches()) visit(batch);
  }

  /** {@link forEachBatch} at the caller's pace; any number of such walks may be under way. */
  *batches(): Generator<Batch, void> {
    const own = this.#idle ?? this.#newBatches();
    this.#idle = undefined;
    try {
      yield* own.walk();
    } finally {
      this.#idle = own;
    }
  }

  /** {@link forEachBatch}, entry by entry. */
  forEach(visit: EntryVisitor): void {
    const { keySize, entrySize } = this.layout;
    this.forEachBatch(({ count, keys, values }) => {
      for (let i = 0; i < count; i++) visit(keys.view, i * keySize, values.view, i * entrySize);
    });
  }

  /**
   * Writes many entries: keys and values (of all CPUs) one behind the other. Returns how many `flags` did
   * not forbid. Errors: KernelError, E2BIG when the map is full; entries before that have been written.
   */
  updateBatch(keys: Uint8Array, values: Uint8Array, flags: number = 0): number {
    return this.#writes().update(keys, values, flags);
  }

  /** Deletes many keys, one behind the other. Returns how many there were. */
  deleteBatch(keys: Uint8Array): number {
    return this.#writes().delete(keys);
  }

  /**
   * Reads all entries and deletes them. Where the kernel can do both at once (hashes; other types and kernels
   * before 5.14 cannot), no change in between is lost.
   */
  takeAll(visit: (batch: Batch) => void): void {
    const taking = this.#newBatches().take();
    let step = taking.next();
    for (; step.done !== true; step = taking.next()) visit(step.value);
    if (step.value) return;
    const { keySize } = this.layout;
    for (const batch of this.batches()) {
      visit(batch);
      this.deleteBatch(batch.keys.bytes.slice(0, batch.count * keySize));
    }
  }

  /** Deletes all entries; of arrays, writes zeros over them. */
  clear(): void {
    if (isArray(this.type)) this.zero();
    else this.takeAll(() => {});
  }

  /** Writes zeros over all values and keeps the keys. */
  zero(): void {
    const zeros = new Uint8Array(this.layout.entrySize);
    const keys: Uint8Array[] = [];
    this.#collectKeys(keys);
    for (const key of keys) this.update(key, zeros, UpdateFlag.EXIST); // not those deleted meanwhile
  }

  /**
   * Memory shared with the kernel: the values of an array created with BPF_F_MMAPABLE, value i at byte
   * `i * valueSize` rounded up to 8; or an arena, whose pages come into being when they are touched.
   */
  memory(): ArrayBuffer {
    if ((this.flags & MapFlag.MMAPABLE) === 0) throw new Error(`${this.subject} was not created with BPF_F_MMAPABLE`);
    const page = pageSize();
    const bytes = this.type === "arena" ? page * this.maxEntries : ((this.layout.valueSize + 7) & ~7) * this.maxEntries;
    this.#mapping ??= new Mapping(this.#kernel, {
      fd: this.fd,
      offset: 0,
      length: Math.ceil(bytes / page) * page,
      protection: PROT_READ | PROT_WRITE,
      subject: this.subject,
      ...(this.type === "arena" && { address: Number(this.extra) }),
    });
    return this.#mapping.buffer;
  }

  /** Gives it a path on a BPF file system, where it outlives this process; removing the file ends that. */
  pin(path: string): void {
    objectPin(this.#kernel, this.fd, path);
  }

  /** What the kernel says about it. */
  info(): MapInfo {
    return mapInfo(this.#kernel, this.fd, this.subject);
  }

  /** Whether a bloom filter may hold a value: false is certain. */
  contains(value: Uint8Array): boolean {
    return this.#element().contains(value);
  }

  /** The same map with a descriptor of its own, so that both owners may close theirs. Errors: KernelError (EMFILE). */
  duplicate(): BpfMap {
    return new BpfMap(this.#kernel, duplicated(this.#kernel, this.fd, this.subject), this, this.layout);
  }

  /** From now on user space cannot write; the verifier takes values of BPF_F_RDONLY_PROG arrays as constants. */
  freeze(): void {
    mapFreeze(this.#kernel, this.fd, this.subject);
  }

  /** The map itself lives on while programs use it. */
  close(): void {
    this.#mapping?.close();
    this.#fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #element(): Elements {
    return (this.#elements ??= new Elements(this.#kernel, this.#fd, this.layout, this.subject));
  }

  #newBatches(): Batches {
    return new Batches(this.#kernel, this.#fd, this.layout, this.maxEntries, this.subject);
  }

  #writes(): BatchWrites {
    return new BatchWrites(this.#kernel, this.#fd, this.layout, this.subject, this.#element());
  }

  #collectKeys(into: Uint8Array[]): void {
    const { keySize } = this.layout;
    this.forEachBatch(({ count, keys }) => {
      for (let i = 0; i < count; i++) into.push(keys.bytes.slice(i * keySize, (i + 1) * keySize));
    });
  }
}
