/**
 * Memory shared with the kernel: a ring buffer's pages, an array map's values.
 *
 * JavaScript cannot be kept from holding a view, and touching unmapped memory kills the process. So
 * closing replaces the pages by private zero pages at the same address (the kernel's object is let
 * go at once; a view that was kept reads zeros), and the address range is given back when the
 * collector has taken the last view.
 */
import type { Kernel } from "./kernel.ts";
import { kernelError } from "./errors.ts";

export const PROT_READ = 1;
export const PROT_WRITE = 2;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;

export interface MappingRequest {
  readonly fd: number;
  /** Bytes, and bytes from the start of the file; both whole pages. */
  readonly offset: number;
  readonly length: number;
  /** Where it should lie; wherever the kernel likes if absent. */
  readonly address?: number;
  /** PROT_READ, or PROT_READ | PROT_WRITE. Writing to a view of a read-only mapping kills the process. */
  readonly protection: number;
  /** What is mapped, for messages: "ring buffer 'events'". */
  readonly subject: string;
}

export class Mapping {
  readonly #kernel: Kernel;
  readonly #address: number;
  readonly #length: number;
  #buffer: ArrayBuffer | undefined;

  /** Errors: a {@link KernelError} of mmap. */
  constructor(kernel: Kernel, request: MappingRequest) {
    const address = kernel.mmap(
      request.address ?? 0,
      request.length,
      request.protection,
      MAP_SHARED,
      request.fd,
      request.offset,
    );
    if (address < 0) throw kernelError("mmap", request.subject, -address);
    this.#kernel = kernel;
    this.#address = address;
    this.#length = request.length;
    this.#buffer = kernel.view(address, request.length);
  }

  /** All of it. Throws when the mapping has been closed. Do not keep views longer than the mapping. */
  get buffer(): ArrayBuffer {
    if (this.#buffer === undefined) throw new Error("this memory mapping has been closed already");
    return this.#buffer;
  }

  close(): void {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    this.#buffer = undefined;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
    const replaced = this.#kernel.mmap(this.#address, this.#length, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (replaced < 0) throw kernelError("mmap", "the zero pages that replace a closed mapping", -replaced);
    this.#kernel.munmapAfter(buffer, this.#address, this.#length);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
