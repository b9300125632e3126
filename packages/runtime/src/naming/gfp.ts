/**
 * The names of the flags of memory allocations. Their bits change between kernels, so they are taken from
 * where the kernel itself names them: the format of the event kmem:kmalloc, in which stands
 *
 *     __print_flags(..., "|", {( unsigned long)((...)), "GFP_KERNEL"}, {...}, ...)
 *
 * the larger sets first.
 */
import { readFileSync } from "node:fs";
import type { Integer } from "../decode/value.ts";

interface Flag {
  readonly bits: bigint;
  readonly name: string;
}

const FORMATS = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"].map(
  (root) => `${root}/events/kmem/kmalloc/format`,
);

let flags: readonly Flag[] | undefined;

/** "GFP_KERNEL|__GFP_ZERO"; what has no name is left in hexadecimal. */
export function gfpText(value: Integer): string {
  flags ??= readFlags();
  let rest = BigInt.asUintN(32, BigInt(value));
  if (rest === 0n) return "none";
  const names: string[] = [];
  for (const { bits, name } of flags) {
    if (bits === 0n || (rest & bits) !== bits) continue;
    names.push(name);
    rest &= ~bits;
  }
  if (rest !== 0n) names.push(`0x${rest.toString(16)}`);
  return names.join("|");
}

function readFlags(): Flag[] {
  for (const path of FORMATS) {
    try {
      return parseFlags(readFileSync(path, "utf8"));
    } catch {
      // Not mounted there.
    }
  }
  return [];
}

/** The pairs { number or expression, "name" } of the gfp_flags. */
export function parseFlags(format: string): Flag[] {
  const start = format.indexOf("gfp_flags, ") < 0 ? format.indexOf("gfp_flags)") : format.indexOf("gfp_flags, ");
  const found: Flag[] = [];
  for (const [, expression = "", name = ""] of format
    .slice(Math.max(start, 0))
    .matchAll(/\{\s*([^"{}]*?),\s*"(\w+)"\s*\}/g)) {
    const bits = evaluate(expression);
    if (bits !== undefined) found.push({ bits, name });
  }
  return found;
}

/** Constants, shifts, or, and, complement, and casts that are ignored: what the kernel's headers write flags with. */
function evaluate(expression: string): bigint | undefined {
  const plain = expression
    .replace(/\(\s*(?:unsigned\s+)?(?:unsigned|long|int|gfp_t)\s*\)/g, "")
    .replace(/[uUlL]+\b/g, "");
  return /^[\s()|&~<\da-fA-Fx]+$/.test(plain) ? parseOr(tokens(plain)) : undefined;
}

function tokens(text: string): string[] {
  return text.match(/0x[\da-fA-F]+|\d+|<<|[()|&~]/g) ?? [];
}

function parseOr(words: string[]): bigint | undefined {
  let value = parseShift(words);
  while (words[0] === "|" || words[0] === "&") {
    const operator = words.shift();
    const right = parseShift(words);
    if (value === undefined || right === undefined) return undefined;
    value = operator === "|" ? value | right : value & right;
  }
  return value;
}

function parseShift(words: string[]): bigint | undefined {
  let value = parseUnary(words);
  while (words[0] === "<<") {
    words.shift();
    const right = parseUnary(words);
    if (value === undefined || right === undefined) return undefined;
    value <<= right;
  }
  return value;
}

function parseUnary(words: string[]): bigint | undefined {
  const word = words.shift();
  if (word === "~") {
    const value = parseUnary(words);
    return value === undefined ? undefined : BigInt.asUintN(32, ~value);
  }
  if (word === "(") {
    const value = parseOr(words);
    return words.shift() === ")" ? value : undefined;
  }
  return word !== undefined && /^\d/.test(word) ? BigInt(word) : undefined;
}
