/**
 * The argument block of one system call, with everything that it points to.
 *
 *     ┌──────────────────────┬──────────────────────────────────┐
 *     │ union bpf_attr       │ keys, values, names, instructions│
 *     │ `size` bytes, zeroed │ copied in behind it, 8-aligned   │
 *     └──────────────────────┴──────────────────────────────────┘
 *
 * Pointed-to bytes live in the block itself or in overflow memory that the block holds, so nothing
 * the kernel is told the address of can be collected during the call.
 */
import type { Kernel } from "./kernel.ts";
import { Memory } from "./memory.ts";

const CAPACITY = 16 * 1024;
/** The kernel's `union bpf_attr` and `struct perf_event_attr` are well below this. */
const HEAD = 256;

export class Attr {
  readonly #kernel: Kernel;
  readonly #block: Memory;
  readonly #capacity: number;
  #overflow: Memory[] = [];
  #next: number = HEAD;
  #size: number = 0;

  /** `room` is for what will be pointed to, in bytes; more is found when it is needed. */
  constructor(kernel: Kernel, size: number = 0, room: number = CAPACITY - HEAD) {
    this.#kernel = kernel;
    this.#capacity = HEAD + room;
    this.#block = new Memory(kernel, this.#capacity);
    this.reset(size);
  }

  get address(): number {
    return this.#block.address;
  }

  /** Bytes of the argument struct; what is pointed to does not count. */
  get size(): number {
    return this.#size;
  }

  /** Starts over: `size` zero bytes, and nothing pointed to. */
  reset(size: number): void {
    if (size > HEAD) throw new RangeError(`an argument struct has at most ${HEAD} bytes, not ${size}`);
    this.#block.bytes.fill(0, 0, HEAD);
    this.#size = size;
    this.#next = HEAD;
    if (this.#overflow.length > 0) this.#overflow = [];
  }

  /** Makes the argument struct at least this long; what is added is zero. */
  extend(size: number): void {
    if (size > HEAD) throw new RangeError(`an argument struct has at most ${HEAD} bytes, not ${size}`);
    this.#size = Math.max(this.#size, size);
  }

  u32(offset: number, value: number): void {
    this.#block.view.setUint32(offset, value, true);
  }

  u64(offset: number, value: number | bigint): void {
    if (typeof value === "bigint") {
      this.#block.view.setBigUint64(offset, value, true);
    } else {
      this.#block.view.setUint32(offset, value >>> 0, true);
      this.#block.view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
    }
  }

  /** What the kernel wrote at an offset. */
  readU32(offset: number): number {
    return this.#block.view.getUint32(offset, true);
  }

  readU64(offset: number): bigint {
    return this.#block.view.getBigUint64(offset, true);
  }

  /** A name inside the struct, of at most 15 characters (BPF_OBJ_NAME_LEN); others than the kernel allows become "_". */
  name(offset: number, name: string): void {
    const allowed = name.slice(0, 15).replace(/[^A-Za-z0-9_.]/g, "_");
    for (let i = 0; i < allowed.length; i++) this.#block.bytes[offset + i] = allowed.charCodeAt(i);
  }

  /** A pointer to a copy of `bytes`. Without bytes the pointer stays null. */
  pointer(offset: number, bytes: Uint8Array | undefined): void {
    if (bytes === undefined || bytes.length === 0) return;
    this.output(offset, bytes.length).set(bytes);
  }

  /** A pointer to a NUL-terminated copy of `text`. */
  path(offset: number, text: string): void {
    this.u64(offset, this.string(text));
  }

  /** A pointer to `size` zero bytes, which are returned: there the kernel writes. */
  output(offset: number, size: number): Uint8Array {
    const { bytes, address } = this.reserve(size);
    this.u64(offset, address);
    return bytes;
  }

  /** The address of a NUL-terminated copy of `text`. */
  string(text: string): number {
    const encoded = new TextEncoder().encode(text);
    const { bytes, address } = this.reserve(encoded.length + 1);
    bytes.set(encoded);
    return address;
  }

  /** `size` zero bytes at an address that the struct does not point to itself, but what it points to may. */
  reserve(size: number): { readonly bytes: Uint8Array; readonly address: number } {
    if (this.#next + size > this.#capacity) {
      const memory = new Memory(this.#kernel, size);
      this.#overflow.push(memory);
      return memory;
    }
    const start = this.#next;
    this.#next = (start + size + 7) & ~7;
    const bytes = this.#block.bytes.subarray(start, start + size);
    bytes.fill(0);
    return { bytes, address: this.#block.address + start };
  }
}
