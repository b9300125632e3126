/**
 * printf straight from a record's bytes to the output's: for lines of plain numbers and strings, which are
 * nearly all, no text is made in between. What needs more (a name that is looked up, a byte that a terminal
 * must not see, text that is not ASCII) takes the way of printf.ts, value by value or line by line.
 */
import type { DataType, Field } from "@sonde/bpf/spec";
import type { Bytes } from "../decode/bytes.ts";
import { decoderOf } from "../decode/decoder.ts";
import { readInt64, readUint64 } from "../decode/integer.ts";
import type { Integer } from "../decode/value.ts";
import { escapeTerminal } from "./escape.ts";
import { type Conversion, formatInteger } from "./integer.ts";
import { type Part, parseFormat } from "./printf.ts";

/** Writes one line's bytes from `at` on; gives where they end. */
export interface Line {
  /** The most bytes that it writes. */
  readonly most: number;
  write(out: Uint8Array, at: number, source: Bytes, offset: number): number;
}

type Writer = (out: Uint8Array, at: number, source: Bytes, offset: number) => number;

/** The longest text of an integer, and of what one byte of a string may become: "\x1b". */
const LONGEST_INTEGER = 24;
const LONGEST_BYTE = 4;

/** Undefined for formats and values that are not that plain. */
export function compileLine(format: string, fields: readonly Field[]): Line | undefined {
  const writers: Writer[] = [];
  let most = 0;
  let next = 0;
  for (const part of parseFormat(format)) {
    const found = typeof part === "string" ? literal(part) : conversion(part, fields[next++]);
    if (found === undefined) return undefined;
    most += found.most;
    writers.push(found.write);
  }
  const count = writers.length;
  return {
    most,
    write(out, start, source, offset) {
      let at = start;
      for (let i = 0; i < count; i++) at = writers[i]!(out, at, source, offset);
      return at;
    },
  };
}

interface Written {
  readonly most: number;
  readonly write: Writer;
}

function literal(text: string): Written {
  const bytes = new TextEncoder().encode(text);
  const { length } = bytes;
  return {
    most: length,
    write(out, at) {
      for (let i = 0; i < length; i++) out[at + i] = bytes[i]!;
      return at + length;
    },
  };
}

function conversion(part: Part & object, field: Field | undefined): Written | undefined {
  if (field === undefined) return undefined;
  const { type, offset } = field;
  switch (part.specifier) {
    case "d":
    case "i":
    case "u":
    case "x":
      return type.kind === "int" && type.size === 8 ? integer(part, offset, type) : undefined;
    case "s":
      return type.kind === "string" && part.precision < 0 ? text(part, offset, type) : undefined;
    default:
      return undefined;
  }
}

const MINUS = 0x2d;
const SPACE = 0x20;
const DIGITS = new TextEncoder().encode("0123456789abcdef");

function integer(part: Conversion, start: number, { signed }: DataType & { kind: "int" }): Written {
  const { width, flags, bits, precision, specifier } = part;
  const read = signed ? readInt64 : readUint64;
  const plain = bits === 64 && precision < 0 && (flags === "" || flags === "-");
  const left = flags === "-";
  const radix = specifier === "x" ? 16 : 10;
  const allowsNegative = specifier === "d" || specifier === "i";
  return {
    most: Math.max(LONGEST_INTEGER, width, precision),
    write(out, at, source, offset) {
      const value: Integer = read(source.view, offset + start);
      if (!plain || typeof value === "bigint" || (value < 0 && !allowsNegative))
        return ascii(out, at, formatInteger(value, part));
      const magnitude = value < 0 ? -value : value;
      const size = digits(magnitude, radix) + (value < 0 ? 1 : 0);
      const end = at + Math.max(size, width);
      let to = left ? at + size : end;
      writeDigits(out, to, magnitude, radix);
      to -= size;
      if (value < 0) out[to] = MINUS;
      if (left) out.fill(SPACE, at + size, end);
      else if (to > at) out.fill(SPACE, at, to);
      return end;
    },
  };
}

function digits(value: number, radix: number): number {
  let count = 1;
  for (let limit = radix; value >= limit; limit *= radix) count++;
  return count;
}

/** Ends before `end`. What fits 32 bits is divided as that, which is several times faster. */
function writeDigits(out: Uint8Array, end: number, value: number, radix: number): void {
  let at = end;
  let rest = value;
  while (rest > 0xffffffff) {
    const less = Math.floor(rest / radix);
    out[--at] = DIGITS[rest - less * radix]!;
    rest = less;
  }
  let small = rest >>> 0;
  do {
    const less = (small / radix) >>> 0;
    out[--at] = DIGITS[small - less * radix]!;
    small = less;
  } while (small > 0);
}

function ascii(out: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
  return at + text.length;
}

const encoder = new TextEncoder();

function text({ width, flags }: Conversion, start: number, type: DataType & { kind: "string" }): Written {
  const left = flags.includes("-");
  const decode = decoderOf(type);
  const shown: Writer = (out, at, source, from) => {
    const text = escapeTerminal(decode(source, from) as string);
    const padded = left ? text.padEnd(width) : text.padStart(width);
    return at + encoder.encodeInto(padded, out.subarray(at)).written;
  };
  return {
    most: Math.max((type.size + (type.cut?.length ?? 0)) * LONGEST_BYTE, width),
    write(out, at, source, offset) {
      const { buffer } = source;
      const from = offset + start;
      let size = 0;
      for (; size < type.size; size++) {
        const byte = buffer[from + size]!;
        if (byte === 0) break;
        // Printable ASCII, a tab or the end of a line.
        if ((byte < SPACE && byte !== 0x0a && byte !== 0x09) || byte >= 0x7f) return shown(out, at, source, from);
      }
      if (type.cut !== undefined && size >= type.size - 1) return shown(out, at, source, from);
      const padding = width > size ? width - size : 0;
      if (padding > 0 && !left) out.fill(SPACE, at, at + padding);
      const to = left ? at : at + padding;
      for (let i = 0; i < size; i++) out[to + i] = buffer[from + i]!;
      if (padding > 0 && left) out.fill(SPACE, to + size, to + size + padding);
      return at + size + padding;
    },
  };
}
