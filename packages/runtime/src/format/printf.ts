/** printf: the format is parsed once into parts; each part then turns one argument into text. */
import type { Integer, Value } from "../decode/value.ts";
import { escapedBytes, hexBytes, printableBytes } from "./buffer.ts";
import type { Escape } from "./escape.ts";
import { gfpText } from "../naming/gfp.ts";
import { formatInteger, pad } from "./integer.ts";
import type { Conversion } from "./integer.ts";

/** Turns the arguments of one call into its text. `show` is how values that are not plain text are shown. */
export type Printf = (args: readonly Value[], escape: Escape, show: (value: Value) => string) => string;

const DIRECTIVE = /%([-+ #0]*)(\d*)(?:\.(\d*))?(hh|h|ll|l|z|j|t)?(r[xh]?|gr|[a-zA-Z%])/g;

export type Part = string | Conversion;

/** @param format C's format, with bpftrace's %r, %rx and %rh; an unknown conversion is kept as text. */
export function compilePrintf(format: string): Printf {
  const parts = parseFormat(format);
  return (args, escape, show) => {
    let text = "";
    let next = 0;
    for (const part of parts) {
      if (typeof part === "string") text += part;
      else text += next < args.length ? convert(part, args[next++]!, escape, show) : "";
    }
    return text;
  };
}

/** The format cut into text and conversions. */
export function parseFormat(format: string): Part[] {
  const parts: Part[] = [];
  let literal = "";
  let last = 0;
  for (const match of format.matchAll(DIRECTIVE)) {
    const [whole, flags = "", width = "", precision, length = "", specifier = ""] = match;
    literal += format.slice(last, match.index);
    last = match.index + whole.length;
    if (specifier === "%") {
      literal += "%";
    } else if (!"diuxXocsprg".includes(specifier[0]!) || specifier === "g") {
      literal += whole;
    } else {
      if (literal !== "") parts.push(literal);
      literal = "";
      const bits = length === "hh" ? 8 : length === "h" ? 16 : 64;
      const digits = precision === undefined ? -1 : Number(precision);
      parts.push({ specifier, flags, width: Number(width), precision: digits, bits });
    }
  }
  literal += format.slice(last);
  if (literal !== "") parts.push(literal);
  return parts;
}

function convert(part: Conversion, value: Value, escape: Escape, show: (value: Value) => string): string {
  switch (part.specifier) {
    case "s": {
      if (typeof value !== "string") return pad(show(value), part.flags, part.width);
      return pad(escape(part.precision < 0 ? value : value.slice(0, part.precision)), part.flags, part.width);
    }
    case "c":
      return pad(
        escape(String.fromCharCode(Number(BigInt.asUintN(8, BigInt(integerOf(value)))))),
        part.flags,
        part.width,
      );
    case "p":
      return pad(`0x${BigInt.asUintN(64, BigInt(integerOf(value))).toString(16)}`, part.flags, part.width);
    case "gr":
      return pad(gfpText(integerOf(value)), part.flags, part.width);
    case "r":
    case "rx":
    case "rh": {
      if (!(value instanceof Uint8Array)) return pad(show(value), part.flags, part.width);
      const write = part.specifier === "r" ? printableBytes : part.specifier === "rx" ? escapedBytes : hexBytes;
      return pad(write(value), part.flags, part.width);
    }
    default:
      return formatInteger(integerOf(value), part);
  }
}

/** What an integer conversion sees of a value; compound values have no integer and read as 0. */
function integerOf(value: Value): Integer {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string" || value instanceof Uint8Array || !("kind" in value)) return 0;
  if (value.kind === "enum") return value.value;
  if (value.kind === "pointer" || value.kind === "symbol") return value.address;
  return 0;
}
