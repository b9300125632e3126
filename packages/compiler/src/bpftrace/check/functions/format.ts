/** The conversions of a printf format. */
import type { Type } from "../../types.ts";
import { asInteger } from "../../values.ts";

export interface Conversion {
  /** As written: "%-16s". */
  readonly text: string;
  /** What was expected, in words. */
  readonly expected: string;
  /** Undefined for a conversion that does not exist. */
  readonly accepts: ((type: Type) => boolean) | undefined;
}

/** All conversions that take an argument, in order; `%%` takes none. */
export function conversions(format: string): Conversion[] {
  const found: Conversion[] = [];
  // Flags, width, precision, size, conversion; what does not end in a known letter is unknown.
  for (const match of format.matchAll(/%(%|[-+ #0]*\d*(?:\.\d+)?(hh|h|ll|l|z|j|t)?(r[xh]?|gr|[a-zA-Z])?)/g)) {
    const [text, body = "", , letter = ""] = match;
    if (body !== "%")
      found.push({ text: letter === "" ? text + format.charAt(match.index + text.length) : text, ...rule(letter) });
  }
  return found;
}

function rule(letter: string): Pick<Conversion, "expected" | "accepts"> {
  switch (letter) {
    case "d":
    case "i":
    case "u":
    case "x":
    case "X":
    case "o":
    case "c":
      return { expected: "an integer", accepts: (type) => asInteger(type) !== undefined };
    case "gr":
      return { expected: "an integer, as gfp_flags are", accepts: (type) => asInteger(type) !== undefined };
    case "p":
      return { expected: "a pointer or an integer", accepts: (type) => asInteger(type) !== undefined };
    case "s":
      return { expected: "a string, a stack, a symbol or an enum", accepts: isText };
    case "r":
    case "rx":
    case "rh":
      return { expected: "a buffer, as buf() gives", accepts: (type) => type.kind === "buffer" };
    default:
      return { expected: "", accepts: undefined };
  }
}

function isText(type: Type): boolean {
  return (
    type.kind === "string" ||
    type.kind === "stack" ||
    type.kind === "symbol" ||
    type.kind === "named" ||
    type.kind === "enum" ||
    type.kind === "bool"
  );
}
