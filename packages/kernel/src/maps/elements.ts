/**
 * One element at a time. The argument block is filled in once; a call only copies key and value.
 *
 *     0 map_fd   8 key (u64)   16 value or next_key (u64)   24 flags (u64)
 */
import { Attr } from "../sys/attr.ts";
import { BpfCommand } from "../sys/constants.ts";
import { Errno } from "../sys/errno.ts";
import { checked, UnsupportedFeatureError } from "../sys/errors.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import type { MapLayout } from "./layout.ts";

export class Elements {
  readonly #kernel: Kernel;
  readonly #fd: FileDescriptor;
  readonly #subject: string;
  readonly #attr: Attr;
  readonly #key: Uint8Array;
  readonly #value: Uint8Array;
  readonly #valueAddress: bigint;

  constructor(kernel: Kernel, fd: FileDescriptor, layout: MapLayout, subject: string) {
    this.#kernel = kernel;
    this.#fd = fd;
    this.#subject = subject;
    this.#attr = new Attr(kernel, 32, layout.keySize + layout.entrySize + 16);
    this.#key = this.#attr.output(8, layout.keySize);
    this.#value = this.#attr.output(16, layout.entrySize);
    this.#valueAddress = this.#attr.readU64(16);
    if (layout.keySize === 0) this.#attr.u64(8, 0);
  }

  /** Copies the value into `into` and returns it, or undefined when there is no such key. */
  lookup(key: Uint8Array, into: Uint8Array): Uint8Array | undefined {
    return this.#read(BpfCommand.MAP_LOOKUP_ELEM, "BPF_MAP_LOOKUP_ELEM", key, into);
  }

  /** The same, and the key is gone. */
  take(key: Uint8Array, into: Uint8Array): Uint8Array | undefined {
    return this.#read(BpfCommand.MAP_LOOKUP_AND_DELETE_ELEM, "BPF_MAP_LOOKUP_AND_DELETE_ELEM", key, into);
  }

  /** Whether a bloom filter may hold the value: the look-up's value goes in instead of out. */
  contains(value: Uint8Array): boolean {
    this.#setValue(value);
    const result = this.#call(BpfCommand.MAP_LOOKUP_ELEM, 0);
    if (result === -Errno.ENOENT) return false;
    checked(result, "BPF_MAP_LOOKUP_ELEM", this.#subject);
    return true;
  }

  /** False when `flags` forbid it: the key is (or is not) there already. */
  update(key: Uint8Array, value: Uint8Array, flags: number): boolean {
    this.#setKey(key);
    this.#setValue(value);
    const result = this.#call(BpfCommand.MAP_UPDATE_ELEM, flags);
    if (result === -Errno.EEXIST || (result === -Errno.ENOENT && flags !== 0)) return false;
    checked(result, "BPF_MAP_UPDATE_ELEM", this.#subject);
    return true;
  }

  /** False when there was no such key. */
  delete(key: Uint8Array): boolean {
    this.#setKey(key);
    // The kernel insists that what a command does not use is zero.
    this.#attr.u64(16, 0);
    const result = this.#call(BpfCommand.MAP_DELETE_ELEM, 0);
    this.#attr.u64(16, this.#valueAddress);
    if (result === -Errno.ENOENT) return false;
    checked(result, "BPF_MAP_DELETE_ELEM", this.#subject);
    return true;
  }

  #read(command: number, call: string, key: Uint8Array, into: Uint8Array): Uint8Array | undefined {
    this.#setKey(key);
    const result = this.#call(command, 0);
    if (result === -Errno.ENOENT) return undefined;
    if (result === -Errno.ENOTSUPP)
      throw new UnsupportedFeatureError(`${call} of a hash`, "5.14", `${this.#subject} answers ENOTSUPP`);
    checked(result, call, this.#subject);
    into.set(this.#value);
    return into;
  }

  #setKey(key: Uint8Array): void {
    if (key.length !== this.#key.length)
      throw new RangeError(`a key of ${this.#subject} has ${this.#key.length} bytes, not ${key.length}`);
    this.#key.set(key);
  }

  #setValue(value: Uint8Array): void {
    if (value.length !== this.#value.length)
      throw new RangeError(`a value of ${this.#subject} has ${this.#value.length} bytes, not ${value.length}`);
    this.#value.set(value);
  }

  #call(command: number, flags: number): number {
    this.#attr.u32(0, this.#fd.fd);
    this.#attr.u64(24, flags);
    return this.#kernel.bpf(command, this.#attr);
  }
}
