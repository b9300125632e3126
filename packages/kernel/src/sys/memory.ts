/** Bytes at a fixed address, for system calls that keep or write through pointers. */
import type { Kernel } from "./kernel.ts";

/**
 * The backing store of an ArrayBuffer never moves, so its address is taken once. It lives as long as
 * this object: hold on to it for as long as the kernel may use the address.
 */
export class Memory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly address: number;

  constructor(kernel: Kernel, size: number) {
    const buffer = new ArrayBuffer(size);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.address = kernel.addressOf(buffer);
  }
}
