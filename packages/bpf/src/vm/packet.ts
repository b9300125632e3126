/** A packet, and the context through which programs find it. */
import type { ProgramType } from "../spec/spec.ts";
import type { Memory, Region } from "./memory.ts";

/** Bytes that a program may grow a packet by, at its head and at its tail. */
const HEADROOM = 256;
const TAILROOM = 256;
/** The kernel's ETH_HLEN: a packet keeps at least a link-layer header. */
const SHORTEST = 14;

/**
 * Where the context holds pointers, which it pretends to have 32 bits.
 *
 *     struct xdp_md      0 data    4 data_end    8 data_meta   (24 bytes)
 *     struct __sk_buff   0 len    76 data       80 data_end   140 data_meta   (192 bytes)
 */
interface ContextLayout {
  readonly size: number;
  readonly data: number;
  readonly end: number;
  readonly meta: number;
  readonly length?: number;
}

const XDP: ContextLayout = { size: 24, data: 0, end: 4, meta: 8 };
const SOCKET_BUFFER: ContextLayout = { size: 192, data: 76, end: 80, meta: 140, length: 0 };

export class Packet {
  /** Address of the context. */
  readonly address: bigint;
  readonly context: Region;
  readonly #region: Region;
  readonly #layout: ContextLayout;
  readonly #pointers = new Map<number, bigint>();
  /** The packet with the room around it. */
  readonly #room: Uint8Array;
  #start = HEADROOM;
  #end: number;

  /** @param context as many of the context's first bytes as matter; the fields of the packet are filled in */
  constructor(memory: Memory, type: ProgramType, bytes: Uint8Array, context: Uint8Array) {
    this.#layout = type === "xdp" ? XDP : SOCKET_BUFFER;
    this.#end = HEADROOM + bytes.length;
    this.#room = new Uint8Array(this.#end + TAILROOM);
    this.#room.set(bytes, HEADROOM);
    const contextBytes = new Uint8Array(Math.max(this.#layout.size, context.length));
    contextBytes.set(context);
    this.#region = memory.map({ name: "the packet", writable: true, bytes: this.bytes });
    this.context = memory.map({ name: "the context", writable: true, bytes: contextBytes, pointers: this.#pointers });
    this.address = this.context.address;
    this.#publish();
  }

  /** The packet as it is now, shared. */
  get bytes(): Uint8Array {
    return this.#room.subarray(this.#start, this.#end);
  }

  /** Moves the ends by so many bytes; false if there is no room. */
  adjust(head: number, tail: number): boolean {
    const [start, end] = [this.#start + head, this.#end + tail];
    if (start < 0 || end > this.#room.length || end - start < SHORTEST) return false;
    if (tail > 0) this.#room.fill(0, this.#end, end);
    [this.#start, this.#end] = [start, end];
    this.#region.replace(this.bytes);
    this.#publish();
    return true;
  }

  unmap(memory: Memory): void {
    memory.unmap(this.#region);
    memory.unmap(this.context);
  }

  #publish(): void {
    const { data, end, meta, length } = this.#layout;
    this.#pointers.set(data, this.#region.address);
    this.#pointers.set(meta, this.#region.address);
    this.#pointers.set(end, this.#region.address + BigInt(this.bytes.length));
    if (length !== undefined) this.context.view.setUint32(length, this.bytes.length, true);
  }
}
