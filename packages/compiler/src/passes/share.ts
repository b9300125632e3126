/**
 * Common subexpression elimination by value numbers over the dominator tree: what was computed on
 * every path to a place is not computed there again. That holds for arithmetic, for helpers whose
 * answer does not change during a run, and for loads from memory that the program cannot write.
 */
import { helperEffects } from "../codegen/helpers.ts";
import { dominates, findDominators } from "../ir/dominators.ts";
import { applyReplacements, resolve } from "../ir/edges.ts";
import type { Replacements } from "../ir/edges.ts";
import type { Func, Inst, Load } from "../ir/ir.ts";
import { operand, operandCount, setOperand } from "../ir/values.ts";

export function share(func: Func): boolean {
  const dominators = findDominators(func);
  const table: Replacements = [];
  const made = new Map<string, Inst>();
  for (const block of dominators.order) {
    for (const inst of block.insts) {
      const count = operandCount(inst);
      for (let index = 0; index < count; index++) {
        const given = operand(inst, index);
        if (table[given.id] !== undefined) setOperand(inst, index, resolve(table, given));
      }
      const key = keyOf(inst);
      if (key === undefined) continue;
      const known = made.get(key);
      if (known !== undefined && dominates(dominators, known.block, block)) table[inst.id] = known;
      else made.set(key, inst);
    }
  }
  if (table.length === 0) return false;
  applyReplacements(func, table);
  for (const block of func.blocks) block.insts = block.insts.filter((inst) => table[inst.id] === undefined);
  return true;
}

/** The same text for instructions that give the same value; undefined where another run may give another. */
function keyOf(inst: Inst): string | undefined {
  switch (inst.op) {
    case "binary":
      return `${inst.kind}${inst.width} ${name(inst.a)} ${name(inst.b)}`;
    case "compare":
      return `?${inst.kind}${inst.width} ${name(inst.a)} ${name(inst.b)}`;
    case "extend":
      return `${inst.signed ? "sext" : "zext"}${inst.bits} ${name(inst.a)}`;
    case "byteSwap":
      return `swap${inst.bits} ${name(inst.a)}`;
    case "call":
      return helperEffects(inst.helper).pure ? `call${inst.helper} ${inst.args.map(name).join(" ")}` : undefined;
    case "load":
      return isConstantMemory(inst) ? loadKey(inst) : undefined;
    case "phi":
      return `phi${inst.block.id} ${inst.inputs.map(name).join(" ")}`;
    default:
      return undefined;
  }
}

function isConstantMemory({ base, volatile }: Load): boolean {
  return !volatile && base.type.kind === "pointer" && (base.type.to === "context" || base.type.to === "trusted");
}

function loadKey({ size, signed, base, offset, core }: Load): string {
  const place = core === undefined ? `${offset}` : `${core.kind} ${core.typeId} ${core.access}`;
  return `load${size}${signed ? "s" : ""} ${name(base)} ${place}`;
}

function name(inst: Inst): string {
  switch (inst.op) {
    case "const":
      return `#${inst.value}`;
    case "mapHandle":
      return `&${inst.map}`;
    case "mapValue":
      return `&${inst.map}+${inst.offset}`;
    case "coreValue":
      return `core ${inst.core.kind} ${inst.core.typeId} ${inst.core.access}`;
    default:
      return `${inst.id}`;
  }
}
