/**
 * Drops extensions and masks that change nothing: of values that are known to be that small, and of
 * values of which only the low bits are looked at.
 */
import { applyReplacements } from "../ir/edges.ts";
import type { Replacements } from "../ir/edges.ts";
import type { Func, Inst } from "../ir/ir.ts";

export function narrow(func: Func): boolean {
  const table: Replacements = [];
  let changed = false;
  for (const block of func.blocks) {
    for (const inst of block.insts) {
      switch (inst.op) {
        case "extend": {
          const inner = lowBits(inst.a, inst.bits);
          if (inner !== inst.a) {
            inst.a = inner;
            changed = true;
          }
          if (significantBits(inst.a, 0) <= (inst.signed ? inst.bits - 1 : inst.bits)) table[inst.id] = inst.a;
          break;
        }
        case "binary":
          if (
            inst.kind === "and" &&
            inst.b.op === "const" &&
            coversAll(inst.b.value, significantBits(inst.a, 0)) &&
            inst.width === 64
          ) {
            table[inst.id] = inst.a;
          } else if (inst.width === 32 && trim(inst)) changed = true;
          break;
        case "compare":
          if (inst.width === 32 && trim(inst)) changed = true;
          break;
        case "store": {
          const inner = lowBits(inst.value, inst.size * 8);
          if (inner !== inst.value) {
            inst.value = inner;
            changed = true;
          }
        }
      }
    }
    const { terminator } = block;
    if (terminator?.op === "branch" && terminator.width === 32 && trim(terminator)) changed = true;
  }
  if (table.length === 0) return changed;
  applyReplacements(func, table);
  for (const block of func.blocks) block.insts = block.insts.filter((inst) => table[inst.id] === undefined);
  return true;
}

/** Of 32-bit operands only the low half counts. */
function trim(operands: { a: Inst; b: Inst }): boolean {
  const a = lowBits(operands.a, 32);
  const b = lowBits(operands.b, 32);
  if (a === operands.a && b === operands.b) return false;
  operands.a = a;
  operands.b = b;
  return true;
}

/** A value with the same low bits that is closer to its origin. */
function lowBits(value: Inst, bits: number): Inst {
  let at = value;
  for (;;) {
    if (at.op === "extend" && at.bits >= bits) at = at.a;
    else if (
      at.op === "binary" &&
      at.kind === "and" &&
      at.b.op === "const" &&
      coversAll(at.b.value, bits) &&
      at.width >= bits
    )
      at = at.a;
    else return at;
  }
}

/** Whether a mask has its lowest `bits` bits all set. */
function coversAll(mask: bigint, bits: number): boolean {
  return BigInt.asUintN(bits, ~mask) === 0n;
}

const DEPTH = 5;

/** The value is below 2 to this power. */
export function significantBits(inst: Inst, depth: number): number {
  if (depth > DEPTH) return 64;
  switch (inst.op) {
    case "const":
      return inst.value === 0n ? 0 : inst.value.toString(2).length;
    case "compare":
      return 1;
    case "byteSwap":
      return inst.bits;
    case "load":
      return inst.signed ? 64 : inst.size * 8;
    case "extend":
      return inst.signed ? 64 : Math.min(inst.bits, significantBits(inst.a, depth + 1));
    case "binary": {
      const { kind, width, a, b } = inst;
      const limit = (bits: number): number => Math.min(width, bits);
      switch (kind) {
        case "and":
          return limit(Math.min(significantBits(a, depth + 1), significantBits(b, depth + 1)));
        case "or":
        case "xor":
          return limit(Math.max(significantBits(a, depth + 1), significantBits(b, depth + 1)));
        case "lshr":
          return width === 64 && b.op === "const"
            ? Math.max(0, significantBits(a, depth + 1) - Number(b.value % 64n))
            : width;
        case "shl":
          return b.op === "const" ? limit(significantBits(a, depth + 1) + Number(b.value % BigInt(width))) : width;
        case "udiv":
        case "umod":
          return limit(significantBits(a, depth + 1));
        default:
          return width;
      }
    }
    default:
      return 64;
  }
}
