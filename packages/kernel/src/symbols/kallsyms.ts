/**
 * The kernel's own symbols. The text of /proc/kallsyms (5 MB, 120,000 lines) is kept as the bytes
 * it came in; beside it are only each symbol's address and where its line is:
 *
 *     ffffffff813a5b20 t vfs_read\t[module]\n
 *     0                16  19
 */
import { closeSync, openSync, readSync } from "node:fs";
import { lastAtOrBelow } from "./search.ts";
import { type Symbol, unknownSymbol } from "./symbol.ts";

const ADDRESS_DIGITS = 16;
/** The address, a space, the type, a space. */
const NAME_AT = ADDRESS_DIGITS + 3;

/** No function is as long: what lies further behind the nearest one is code that came after the table was read. */
const MAX_FUNCTION = 1n << 20n;

export class KernelSymbols {
  readonly #text: Buffer;
  /** Sorted. */
  readonly #addresses: BigUint64Array;
  /** Where each symbol's line begins in the text. */
  readonly #lines: Uint32Array;

  constructor(text: Buffer) {
    this.#text = text;
    const { addresses, lines } = index(text);
    this.#addresses = addresses;
    this.#lines = lines;
  }

  /** Reads the running kernel's symbols: some 100 ms of CPU, so only when an address is to be printed. */
  static read(path = "/proc/kallsyms"): KernelSymbols {
    return new KernelSymbols(readAll(path));
  }

  /** Number of symbols; 0 where the kernel hides addresses (kptr_restrict). */
  get size(): number {
    return this.#addresses.length;
  }

  /** The function that holds this address. */
  symbolize(address: bigint): Symbol {
    let i = lastAtOrBelow(this.#addresses, address);
    if (i < 0) return unknownSymbol(address);
    // Of aliases the kernel lists the most telling first: real functions before weak ones and markers.
    while (i > 0 && this.#addresses[i - 1] === this.#addresses[i]) i--;
    const start = this.#addresses[i] as bigint;
    if (address - start >= MAX_FUNCTION) return unknownSymbol(address);
    const line = this.#lineAt(this.#lines[i] as number);
    return { address, offset: Number(address - start), ...line };
  }

  /** The address of the first symbol with this name; undefined if there is none. */
  addressOf(name: string): bigint | undefined {
    for (let at = 0; ;) {
      at = this.#text.indexOf(` ${name}`, at, "latin1");
      if (at < 0) return undefined;
      const end = this.#text[at + 1 + name.length];
      if (end === NEWLINE || end === TAB) {
        const line = at + 1 - NAME_AT;
        return BigInt(`0x${this.#text.toString("latin1", line, line + ADDRESS_DIGITS)}`);
      }
      at++;
    }
  }

  #lineAt(start: number): { name: string; module: string | undefined } {
    const end = endOfLine(this.#text, start);
    const [name = "", module] = this.#text.toString("latin1", start + NAME_AT, end).split("\t");
    return { name, module: module?.slice(1, -1) };
  }
}

const NEWLINE = 0x0a;
const TAB = 0x09;

/** Addresses and lines of all text symbols, sorted by address; aliases stay in the file's order. */
function index(text: Buffer): { addresses: BigUint64Array; lines: Uint32Array } {
  const room = Math.ceil(text.length / (NAME_AT + 2));
  let lines: Uint32Array = new Uint32Array(room);
  let addresses: BigUint64Array = new BigUint64Array(room);
  // Halves of the same memory (both machines are little-endian): no bigint is made for any symbol.
  const halves = new Uint32Array(addresses.buffer);
  let count = 0;
  let sorted = true;
  for (let line = 0; line + NAME_AT < text.length; line = endOfLine(text, line) + 1) {
    if (!isText(text[line + ADDRESS_DIGITS + 1] as number)) continue;
    const high = hex8(text, line);
    const low = hex8(text, line + 8);
    if (high === 0 && low === 0) continue;
    halves[2 * count] = low;
    halves[2 * count + 1] = high;
    if (count > 0) {
      const before = halves[2 * count - 1] as number;
      sorted &&= before < high || (before === high && (halves[2 * count - 2] as number) <= low);
    }
    lines[count++] = line;
  }
  addresses = addresses.slice(0, count);
  lines = lines.slice(0, count);
  if (!sorted) {
    const order = Uint32Array.from(addresses.keys());
    const key = addresses;
    order.sort((a, b) => compare(key[a] as bigint, key[b] as bigint));
    addresses = BigUint64Array.from(order, (i) => key[i] as bigint);
    const at = lines;
    lines = Uint32Array.from(order, (i) => at[i] as number);
  }
  return { addresses, lines };
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** t, T, w, W: code, local or global or weak. */
function isText(type: number): boolean {
  const lower = type | 0x20;
  return lower === 0x74 || lower === 0x77;
}

/** Eight hexadecimal digits. */
function hex8(text: Buffer, at: number): number {
  let value = 0;
  for (let i = at; i < at + 8; i++) {
    const c = text[i] as number;
    value = (value << 4) | (c <= 0x39 ? c - 0x30 : (c | 0x20) - 0x57);
  }
  return value >>> 0;
}

function endOfLine(text: Buffer, from: number): number {
  const end = text.indexOf(NEWLINE, from + NAME_AT);
  return end < 0 ? text.length : end;
}

/** The whole of a file that does not know its size, into one buffer that grows. */
function readAll(path: string): Buffer {
  const fd = openSync(path, "r");
  try {
    let buffer = Buffer.allocUnsafeSlow(8 << 20);
    let length = 0;
    for (;;) {
      const got = readSync(fd, buffer, length, buffer.length - length, null);
      if (got === 0) return buffer.subarray(0, length);
      length += got;
      if (length === buffer.length) {
        const larger = Buffer.allocUnsafeSlow(2 * buffer.length);
        buffer.copy(larger);
        buffer = larger;
      }
    }
  } finally {
    closeSync(fd);
  }
}
