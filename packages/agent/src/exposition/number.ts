/** Numbers as both text formats want them: `+Inf`, `-Inf`, `NaN`, else JavaScript's shortest form. */

export function formatNumber(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

/** More than the longest number has. */
export const NUMBER_ROOM = 32;

/** Writes {@link formatNumber} of a value into `target` from `at` on; returns where it ends. */
export function writeNumber(value: number, target: Uint8Array, at: number): number {
  if (value >= 0 && value <= Number.MAX_SAFE_INTEGER && Math.floor(value) === value && !Object.is(value, -0))
    return writeInteger(value, target, at);
  const text = formatNumber(value);
  for (let i = 0; i < text.length; i++) target[at++] = text.charCodeAt(i);
  return at;
}

/** Nine digits at a time stay small integers. */
const BILLION = 1_000_000_000;

function writeInteger(value: number, target: Uint8Array, at: number): number {
  if (value < BILLION) return writeDigits(value, digitsOf(value), target, at);
  const high = Math.floor(value / BILLION);
  return writeDigits(value - high * BILLION, 9, target, writeInteger(high, target, at));
}

function writeDigits(value: number, digits: number, target: Uint8Array, at: number): number {
  let rest = value | 0;
  for (let i = at + digits - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    target[i] = 48 + rest - next * 10;
    rest = next;
  }
  return at + digits;
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  return digits;
}
