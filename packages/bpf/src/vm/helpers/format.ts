/** The kernel's own printf, as far as programs may use it. */

/** Flags, width, precision, length, conversion; `%p` may name how to print. */
const CONVERSION = /%(?:%|([-+ #0]*)(\d*)(?:\.(\d+))?(?:hh|h|ll|l|z)?([diuxXcsp])([KxsSB]?))/g;
const LENGTH = /(hh|h|ll|l|z)?[diuxXcsp]/;

/**
 * @param args one for each conversion, as registers hold them
 * @param string reads a text at an address; undefined where it cannot
 */
export function formatText(
  format: string,
  args: readonly bigint[],
  string: (address: bigint, limit: number) => string | undefined,
): string {
  let used = 0;
  return format.replaceAll(
    CONVERSION,
    (whole: string, flags = "", width = "", precision: string | undefined, kind = "") => {
      if (whole === "%%") return "%";
      const value = args[used++] ?? 0n;
      const text = convert(kind, value, bitsOf(whole), precision, string);
      return pad(flags.includes("#") && kind === "x" ? `0x${text}` : text, flags, Number(width));
    },
  );
}

function bitsOf(conversion: string): number {
  switch (LENGTH.exec(conversion)?.[1]) {
    case "hh":
      return 8;
    case "h":
      return 16;
    case undefined:
      return 32;
    default:
      return 64;
  }
}

function convert(
  kind: string,
  value: bigint,
  bits: number,
  precision: string | undefined,
  string: (address: bigint, limit: number) => string | undefined,
): string {
  switch (kind) {
    case "d":
    case "i":
      return String(BigInt.asIntN(bits, value));
    case "u":
      return String(BigInt.asUintN(bits, value));
    case "x":
      return BigInt.asUintN(bits, value).toString(16);
    case "X":
      return BigInt.asUintN(bits, value).toString(16).toUpperCase();
    case "c":
      return String.fromCharCode(Number(value & 0xffn));
    case "s":
      return string(value, precision === undefined ? MAX_STRING : Number(precision)) ?? "(fault)";
    default:
      return value.toString(16).padStart(16, "0");
  }
}

const MAX_STRING = 512;

function pad(text: string, flags: string, width: number): string {
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0")) return text.padStart(width);
  return text.startsWith("-") ? `-${text.slice(1).padStart(width - 1, "0")}` : text.padStart(width, "0");
}
