/** Dead code elimination: what no effect depends on goes, including calls that do nothing but answer. */
import { helperEffects } from "../codegen/helpers.ts";
import type { Func, Inst } from "../ir/ir.ts";
import { operand, operandCount } from "../ir/values.ts";

export function removeDead(func: Func): boolean {
  const live = new Uint8Array(func.nextId);
  const work: Inst[] = [];
  const need = (inst: Inst): void => {
    if (live[inst.id] === 1) return;
    live[inst.id] = 1;
    work.push(inst);
  };
  for (const { insts, terminator } of func.blocks) {
    for (const inst of insts) if (hasEffect(inst)) need(inst);
    if (terminator?.op === "return") need(terminator.value);
    if (terminator?.op === "branch") {
      need(terminator.a);
      need(terminator.b);
    }
  }
  for (let inst = work.pop(); inst !== undefined; inst = work.pop()) {
    const count = operandCount(inst);
    for (let index = 0; index < count; index++) need(operand(inst, index));
  }
  let changed = false;
  for (const block of func.blocks) {
    const kept = block.insts.filter((inst) => live[inst.id] === 1);
    if (kept.length === block.insts.length) continue;
    block.insts = kept;
    changed = true;
  }
  return changed;
}

function hasEffect(inst: Inst): boolean {
  switch (inst.op) {
    case "store":
    case "atomicAdd":
    case "zero":
    case "copy":
    case "callFunction":
    case "callKernel":
      return true;
    case "call":
      return !helperEffects(inst.helper).removable;
    case "load":
      return inst.volatile;
    default:
      return false;
  }
}
