/**
 * Punycode (RFC 3492), by which Rust's symbols hold identifiers in other scripts than Latin: the ASCII
 * characters first, then for each of the others how far on it comes and where it stands.
 */
import { NotMangled } from "../reader.ts";

const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const FIRST_BIAS = 72;
const FIRST_CODE = 0x80;

/** @param ascii characters that stand for themselves; @param deltas letters and digits */
export function decodePunycode(ascii: string, deltas: string): string {
  const points = Array.from(ascii, (character) => character.codePointAt(0) as number);
  let code = FIRST_CODE;
  let bias = FIRST_BIAS;
  let position = 0;
  for (let at = 0; at < deltas.length;) {
    const before = position;
    let weight = 1;
    for (let k = BASE; ; k += BASE) {
      const digit = digitOf(deltas[at++]);
      position += digit * weight;
      if (position > 0x7fffffff) throw new NotMangled("punycode overflows");
      const threshold = Math.min(Math.max(k - bias, T_MIN), T_MAX);
      if (digit < threshold) break;
      weight *= BASE - threshold;
    }
    const count = points.length + 1;
    bias = adapted(position - before, count, before === 0);
    code += Math.floor(position / count);
    position %= count;
    if (code > 0x10ffff) throw new NotMangled("punycode names no character");
    points.splice(position++, 0, code);
  }
  return String.fromCodePoint(...points);
}

function digitOf(character: string | undefined): number {
  const digit = Number.parseInt(character ?? "", BASE);
  if (Number.isNaN(digit)) throw new NotMangled("punycode ends early");
  // Letters are 0 to 25, digits 26 to 35; parseInt counts the other way round.
  return digit < 10 ? digit + 26 : digit - 10;
}

function adapted(delta: number, count: number, isFirst: boolean): number {
  let rest = Math.floor(delta / (isFirst ? DAMP : 2));
  rest += Math.floor(rest / count);
  let k = 0;
  for (; rest > ((BASE - T_MIN) * T_MAX) / 2; k += BASE) rest = Math.floor(rest / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW));
}
