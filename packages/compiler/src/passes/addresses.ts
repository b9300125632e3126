/** Folds a constant that was added to a pointer into the offset of the access through it. */
import type { Func, Inst } from "../ir/ir.ts";

export function foldAddresses(func: Func): boolean {
  let changed = false;
  for (const { insts } of func.blocks) {
    for (const inst of insts) {
      switch (inst.op) {
        case "load":
        case "store":
        case "atomicAdd":
        case "zero": {
          // An offset that the loader replaces has no room for another.
          if (inst.op === "load" && inst.core !== undefined) break;
          const added = constantPart(inst.base, inst.offset);
          if (added === undefined) break;
          inst.base = added.base;
          inst.offset += added.by;
          changed = true;
          break;
        }
        case "copy": {
          const to = constantPart(inst.to, inst.toOffset);
          if (to !== undefined) {
            inst.to = to.base;
            inst.toOffset += to.by;
            changed = true;
          }
          const from = constantPart(inst.from, inst.fromOffset);
          if (from !== undefined) {
            inst.from = from.base;
            inst.fromOffset += from.by;
            changed = true;
          }
        }
      }
    }
  }
  return changed;
}

/** Offsets have 16 bits; copies and fills add to theirs as they are expanded. */
const REACH = 0x7000;

function constantPart(base: Inst, offset: number): { base: Inst; by: number } | undefined {
  if (
    base.op !== "binary" ||
    base.kind !== "add" ||
    base.width !== 64 ||
    base.b.op !== "const" ||
    base.a.type.kind !== "pointer"
  )
    return undefined;
  const by = Number(BigInt.asIntN(64, base.b.value));
  return Math.abs(offset + by) < REACH ? { base: base.a, by } : undefined;
}
