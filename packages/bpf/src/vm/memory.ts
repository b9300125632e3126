/**
 * Virtual memory: regions of bytes at 64-bit addresses.
 *
 *      63            48 47          32 31                          0
 *     ┌────────────────┬──────────────┬─────────────────────────────┐
 *     │ 0xffff kernel  │ 0x8000 +     │ 0x1000_0000 + offset in the │
 *     │ 0x0000 user    │ region       │ region                      │
 *     └────────────────┴──────────────┴─────────────────────────────┘
 *
 * The upper half names the region, so that reaching it is one index; the lower half starts high
 * enough that a pointer may leave its region in both directions and still be told whose it was.
 */
import { Trap, UnmappedTrap } from "./fault.ts";

/** Lower half of a region's first address. */
export const BASE = 0x1000_0000;
/** Signed upper halves of the first region of each space. */
const FIRST_KERNEL = 0xffff_8000 | 0;
const FIRST_USER = 0x0000_8000;
/** Short of the top, where errors as pointers (ERR_PTR) live. */
const REGIONS = 0x7000;
/** So many addresses that were given up reach nothing for a while: use after release shows. */
const RESTING = 1024;

export type Space = "kernel" | "user";

export interface RegionOptions {
  /** As messages name it: "the stack", "a value of map 'counts'". */
  readonly name: string;
  readonly writable: boolean;
  readonly bytes: Uint8Array;
  readonly space?: Space;
  /**
   * For regions of many elements: each begins `stride` bytes after the last and has `extent` bytes,
   * which no access may leave.
   */
  readonly elements?: { readonly stride: number; readonly extent: number };
  /** What a 4-byte load from these offsets really gives: a packet's pointers in its context. */
  readonly pointers?: ReadonlyMap<number, bigint>;
  /** What this region stands for, if its address is a handle: a map, a program's code. */
  readonly object?: object;
}

export class Region {
  readonly name: string;
  readonly writable: boolean;
  readonly pointers: ReadonlyMap<number, bigint> | undefined;
  readonly object: object | undefined;
  readonly #stride: number;
  readonly #extent: number;
  #bytes: Uint8Array;
  #view: DataView;
  /** Address of byte 0; set when the region is mapped. */
  address = 0n;

  constructor(options: RegionOptions) {
    this.name = options.name;
    this.writable = options.writable;
    this.pointers = options.pointers;
    this.object = options.object;
    this.#stride = options.elements?.stride ?? 0;
    this.#extent = options.elements?.extent ?? 0;
    this.#bytes = options.bytes;
    this.#view = viewOf(options.bytes);
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get view(): DataView {
    return this.#view;
  }

  /** Puts other bytes in place: a map that grew, a packet whose head moved. */
  replace(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  /** Whether all of an access lies inside (one element of) the region. */
  holds(offset: number, size: number): boolean {
    if (offset < 0 || offset + size > this.#bytes.length) return false;
    return this.#stride === 0 || (offset % this.#stride) + size <= this.#extent;
  }

  /** "byte -8 of 16 of a value of map 'counts'". */
  describe(offset: number): string {
    const [at, length] = this.#stride === 0 ? [offset, this.#bytes.length] : [offset % this.#stride, this.#extent];
    return `byte ${at} of the ${length} of ${this.name}`;
  }
}

export class Memory {
  readonly #kernel: (Region | undefined)[] = [];
  readonly #user: (Region | undefined)[] = [];
  readonly #free: number[] = [];

  /** Gives a region its address. Throws a Trap when there are too many. */
  map(options: RegionOptions): Region {
    const region = new Region(options);
    const user = options.space === "user";
    const regions = user ? this.#user : this.#kernel;
    const index = user || this.#free.length < RESTING ? regions.length : this.#free.shift()!;
    if (index === REGIONS) throw new Trap(`more than ${REGIONS} regions of memory: ${options.name} does not fit`);
    regions[index] = region;
    const high = BigInt((user ? FIRST_USER : FIRST_KERNEL) + index);
    region.address = BigInt.asUintN(64, high << 32n) | BigInt(BASE);
    return region;
  }

  /** The region's addresses (of the kernel's space) reach nothing until they are given to another. */
  unmap(region: Region): void {
    const index = highOf(region.address) - FIRST_KERNEL;
    this.#kernel[index] = undefined;
    this.#free.push(index);
  }

  /** The region that an address with this upper half belongs to, whether or not it is inside. */
  region(high: number): Region | undefined {
    const index = high - FIRST_KERNEL;
    return index >= 0 && index < REGIONS ? this.#kernel[index] : this.#user[high - FIRST_USER];
  }

  /**
   * The region for an access; its first byte there is `low - BASE`. Throws a Trap where it may not
   * be.
   * @param high the address's upper half, signed
   * @param low its lower half and the instruction's offset: may lie outside of 32 bits
   */
  reach(high: number, low: number, size: number, write: boolean): Region {
    const region = this.region(high);
    if (region === undefined || !region.holds(low - BASE, size) || (write && !region.writable)) {
      throw this.#refusal(high, low, size, write);
    }
    return region;
  }

  /** The bytes of a range, shared with the region; undefined where there is none or it may not be written. */
  tryBytes(address: bigint, size: number, write = false): Uint8Array | undefined {
    const region = this.region(highOf(address));
    const offset = lowOf(address) - BASE;
    if (region === undefined || !region.holds(offset, size) || (write && !region.writable)) return undefined;
    return region.bytes.subarray(offset, offset + size);
  }

  /** The bytes from an address up to a NUL or `limit`, without the NUL; undefined where memory ends before. */
  tryString(address: bigint, limit: number): Uint8Array | undefined {
    const region = this.region(highOf(address));
    const start = lowOf(address) - BASE;
    let end = start;
    while (end < start + limit) {
      if (region === undefined || !region.holds(end, 1)) return undefined;
      if (region.bytes[end] === 0) break;
      end++;
    }
    return region === undefined ? new Uint8Array(0) : region.bytes.subarray(start, end);
  }

  /** {@link tryBytes}, or a Trap. */
  bytes(address: bigint, size: number, write = false): Uint8Array {
    const bytes = this.tryBytes(address, size, write);
    if (bytes === undefined) throw this.#refusal(highOf(address), lowOf(address), size, write);
    return bytes;
  }

  #refusal(high: number, low: number, size: number, write: boolean): Trap {
    const address = BigInt.asUintN(64, (BigInt(high) << 32n) + BigInt(low));
    const what = `${write ? "writing" : "reading"} ${size} bytes at 0x${address.toString(16)}`;
    const region = this.region(high);
    if (region === undefined) return new UnmappedTrap(`${what}: no memory is there`, address);
    if (region.holds(low - BASE, size)) return new Trap(`${what}: ${region.name} is read-only`, address);
    return new Trap(`${what}: ${region.describe(low - BASE)} is outside`, address);
  }
}

/** An address's upper half, signed. */
export function highOf(address: bigint): number {
  return Number(BigInt.asIntN(32, address >> 32n));
}

/** An address's lower half, unsigned. */
export function lowOf(address: bigint): number {
  return Number(address & 0xffff_ffffn);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
