/** Integer literals: 12, 0x1f, 017, 1e6, 1_000, 5ms, 10ul. */
import type { Diagnostics } from "../../diagnostics/index.ts";
import * as messages from "../messages/syntax.ts";
import { isNamePart } from "./characters.ts";
import type { Token } from "./token.ts";

const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

/** Everything from a digit on that could be part of a name is taken as one number, good or bad. */
export function readNumber(text: string, start: number, diagnostics: Diagnostics): Token {
  let end = start + 1;
  while (isNamePart(text.charCodeAt(end))) end++;
  const written = text.slice(start, end);
  const number = parseNumber(written);
  if (number === undefined) diagnostics.report(messages.badNumber, { start, end }, written);
  else if (number.value > UINT64_MAX) diagnostics.report(messages.numberTooLarge, { start, end }, written);
  return {
    kind: "int",
    start,
    end,
    text: written,
    value: number === undefined ? 0n : BigInt.asUintN(64, number.value),
    suffix: number?.suffix ?? "",
  };
}

/** The value, durations in nanoseconds, and the suffix as written; undefined where it is no number. */
export function parseNumber(written: string): { readonly value: bigint; readonly suffix: string } | undefined {
  const match = /^(0[xX][\da-fA-F][\da-fA-F_]*|\d[\d_]*)(?:e(\d{1,2}))?([a-zA-Z]*)$/.exec(written);
  if (match === null) return undefined;
  const [, digits = "", exponent, suffix = ""] = match;
  const plain = digits.replaceAll("_", "");
  const octal = /^0\d/.test(plain);
  if (octal && /[89]/.test(plain)) return undefined;
  const scale = unitScale(suffix);
  if (scale === undefined || (exponent !== undefined && (octal || plain.startsWith("0x")))) return undefined;
  const value = BigInt(octal ? `0o${plain.slice(1)}` : plain);
  return { value: value * 10n ** BigInt(exponent ?? 0) * scale, suffix };
}

/** Nanoseconds in a unit; 1 for no suffix and for C's, which say nothing here. */
function unitScale(suffix: string): bigint | undefined {
  switch (suffix) {
    case "":
    case "ns":
      return 1n;
    case "us":
      return 1_000n;
    case "ms":
      return 1_000_000n;
    case "s":
      return 1_000_000_000n;
    case "m":
      return 60_000_000_000n;
    case "h":
      return 3_600_000_000_000n;
    case "d":
      return 86_400_000_000_000n;
    default:
      return /^(u?ll?|ll?u|u)$/i.test(suffix) ? 1n : undefined;
  }
}
