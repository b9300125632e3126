/**
 * Division of numbers of at most 32 bits by a constant, as a multiplication and a shift: T. Granlund,
 * P. Montgomery, "Division by Invariant Integers using Multiplication", 1994. With x < 2^n and
 * m = floor(2^p / d) + 1, floor(x m / 2^p) is the quotient if m d - 2^p <= 2^(p - n).
 */
import type { Binary, Func, Inst } from "../ir/ir.ts";
import { significantBits } from "./bits.ts";
import { replaceInstructions } from "./editor.ts";
import type { Editor } from "./editor.ts";

export function multiplyForDivision(func: Func): boolean {
  return replaceInstructions(func, (editor, inst) => (isDivision(inst) ? multiply(editor, inst) : undefined));
}

function isDivision(inst: Inst): inst is Binary {
  return inst.op === "binary" && (inst.kind === "udiv" || inst.kind === "umod") && inst.b.op === "const";
}

function multiply(editor: Editor, { kind, width, a, b }: Binary): Inst | undefined {
  if (b.op !== "const") return undefined;
  const divisor = BigInt.asUintN(width, b.value);
  const bits = Math.min(width, significantBits(a, 0));
  // Powers of two are shifts and masks already.
  if (bits > 32 || (divisor & (divisor - 1n)) === 0n) return undefined;
  const found = factor(divisor, BigInt(bits));
  if (found === undefined) return undefined;
  const x = significantBits(a, 0) <= 32 ? a : editor.extend(a, 32, false);
  const quotient = editor.binary(
    "lshr",
    editor.binary("mul", x, editor.constant(found.by)),
    editor.constant(found.shift),
  );
  if (kind === "udiv") return quotient;
  return editor.binary("sub", x, editor.binary("mul", quotient, editor.constant(divisor)));
}

/** m and p for numbers of `bits` bits, such that no product exceeds 64. */
function factor(divisor: bigint, bits: bigint): { readonly by: bigint; readonly shift: bigint } | undefined {
  for (let more = 0n; more <= 32n; more++) {
    const shift = bits + more;
    const by = (1n << shift) / divisor + 1n;
    if (by >> (64n - bits) !== 0n) return undefined;
    if (by * divisor - (1n << shift) <= 1n << more) return { by, shift };
  }
  return undefined;
}
