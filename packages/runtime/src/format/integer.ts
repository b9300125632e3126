/** C's integer conversions: %d %i %u %x %X %o, with sizes, flags, width and precision. */
import type { Integer } from "../decode/value.ts";

export interface Conversion {
  readonly specifier: string;
  /** Any of "-+ #0". */
  readonly flags: string;
  readonly width: number;
  /** -1 when none is given. */
  readonly precision: number;
  /** Bits that the length modifier leaves of an integer: 8 for hh, 16 for h, else 64. */
  readonly bits: 8 | 16 | 64;
}

/** The integer as `bits` wide and signed or not: what C does when the argument's type is not the format's. */
export function wrap(value: Integer, bits: number, signed: boolean): Integer {
  if (typeof value === "number" && (signed || value >= 0) && Math.abs(value) < 2 ** (bits === 64 ? 53 : bits - 1))
    return value;
  return signed ? BigInt.asIntN(bits, BigInt(value)) : BigInt.asUintN(bits, BigInt(value));
}

export function formatInteger(value: Integer, { specifier, flags, width, precision, bits }: Conversion): string {
  const signed = specifier === "d" || specifier === "i";
  const wrapped = wrap(value, bits, signed);
  const negative = wrapped < 0;
  const magnitude = negative ? -wrapped : wrapped;
  let digits = magnitude.toString(specifier === "o" ? 8 : specifier === "x" || specifier === "X" ? 16 : 10);
  if (specifier === "X") digits = digits.toUpperCase();
  if (precision >= 0) digits = precision === 0 && magnitude == 0 ? "" : digits.padStart(precision, "0");
  const prefix = signed ? sign(negative, flags) : flags.includes("#") ? base(specifier, digits) : "";
  if (precision < 0 && flags.includes("0") && !flags.includes("-"))
    digits = digits.padStart(width - prefix.length, "0");
  return pad(prefix + digits, flags, width);
}

export function pad(text: string, flags: string, width: number): string {
  if (text.length >= width) return text;
  return flags.includes("-") ? text.padEnd(width) : text.padStart(width);
}

function sign(negative: boolean, flags: string): string {
  if (negative) return "-";
  return flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
}

function base(specifier: string, digits: string): string {
  if (specifier === "o") return digits.startsWith("0") ? "" : "0";
  return (specifier === "x" || specifier === "X") && digits !== "0" && digits !== "" ? `0${specifier}` : "";
}
