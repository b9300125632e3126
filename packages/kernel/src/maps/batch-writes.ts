/** Writes and deletes many entries in one call, or one by one where the kernel has no call for it. */
import { Attr } from "../sys/attr.ts";
import { BpfCommand, UpdateFlag } from "../sys/constants.ts";
import { Errno } from "../sys/errno.ts";
import { kernelError } from "../sys/errors.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import { Memory } from "../sys/memory.ts";
import type { Elements } from "./elements.ts";
import type { MapLayout } from "./layout.ts";

export class BatchWrites {
  readonly #kernel: Kernel;
  readonly #fd: FileDescriptor;
  readonly #layout: MapLayout;
  readonly #subject: string;
  readonly #elements: Elements;

  constructor(kernel: Kernel, fd: FileDescriptor, layout: MapLayout, subject: string, elements: Elements) {
    this.#kernel = kernel;
    this.#fd = fd;
    this.#layout = layout;
    this.#subject = subject;
    this.#elements = elements;
  }

  /** How many were written; those that `flags` forbid do not count. */
  update(keys: Uint8Array, values: Uint8Array, flags: number): number {
    const { entrySize } = this.#layout;
    const count = this.#countOf(keys);
    if (values.length !== count * entrySize)
      throw new RangeError(
        `values of ${count} entries of ${this.#subject} have ${count * entrySize} bytes, not ${values.length}`,
      );
    // The only flag that the kernel takes for a batch.
    if ((flags & ~UpdateFlag.LOCK) === 0) {
      const done = this.#batch(BpfCommand.MAP_UPDATE_BATCH, "BPF_MAP_UPDATE_BATCH", keys, values, flags);
      if (done !== undefined) return done;
    }
    return this.#each(keys, (key, i) =>
      this.#elements.update(key, values.subarray(i * entrySize, (i + 1) * entrySize), flags),
    );
  }

  /** How many of the keys there were. */
  delete(keys: Uint8Array): number {
    return (
      this.#batch(BpfCommand.MAP_DELETE_BATCH, "BPF_MAP_DELETE_BATCH", keys, undefined, 0) ??
      this.#each(keys, (key) => this.#elements.delete(key))
    );
  }

  /**
   * Undefined when the kernel has no such command for this map. A key that is missing ends a batch of
   * deletions: the next one starts behind it.
   *
   *     16 keys (u64)   24 values (u64)   32 count   36 map_fd   40 elem_flags (u64)
   */
  #batch(
    command: number,
    call: string,
    keys: Uint8Array,
    values: Uint8Array | undefined,
    flags: number,
  ): number | undefined {
    const { keySize, entrySize } = this.#layout;
    const count = this.#countOf(keys);
    const keyMemory = copied(this.#kernel, keys);
    const valueMemory = values && copied(this.#kernel, values);
    const attr = new Attr(this.#kernel, 56, 0);
    let done = 0;
    for (let at = 0; at < count;) {
      attr.u64(16, keyMemory.address + at * keySize);
      attr.u64(24, valueMemory === undefined ? 0 : valueMemory.address + at * entrySize);
      attr.u32(32, count - at);
      attr.u32(36, this.#fd.fd);
      attr.u64(40, flags);
      const result = this.#kernel.bpf(command, attr);
      if (at === 0 && (result === -Errno.ENOTSUPP || result === -Errno.EINVAL)) return undefined;
      const written = result === -Errno.EFAULT ? 0 : attr.readU32(32);
      done += written;
      at += written;
      if (result === 0) break;
      if (result === -Errno.ENOENT) at++;
      else if (result !== -Errno.EINTR) throw kernelError(call, `${this.#subject}, entry ${at} of ${count}`, -result);
    }
    return done;
  }

  #each(keys: Uint8Array, write: (key: Uint8Array, index: number) => boolean): number {
    const { keySize } = this.#layout;
    let done = 0;
    for (let i = 0; i < this.#countOf(keys); i++) if (write(keys.subarray(i * keySize, (i + 1) * keySize), i)) done++;
    return done;
  }

  #countOf(keys: Uint8Array): number {
    const { keySize } = this.#layout;
    if (keySize === 0 || keys.length % keySize !== 0)
      throw new RangeError(
        `keys of ${this.#subject} have ${keySize} bytes each, which ${keys.length} is no multiple of`,
      );
    return keys.length / keySize;
  }
}

function copied(kernel: Kernel, bytes: Uint8Array): Memory {
  const memory = new Memory(kernel, bytes.length);
  memory.bytes.set(bytes);
  return memory;
}
