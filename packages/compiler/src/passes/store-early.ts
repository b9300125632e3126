/**
 * Values that are only stored to the stack are stored as soon as they are made, before calls that would
 * make them wait in a register of the few that calls keep.
 */
import { frameAddress } from "../codegen/frame.ts";
import type { Block, Func, Inst, Store } from "../ir/ir.ts";
import { countUses, isFloating, operand, operandCount } from "../ir/values.ts";
import { findEscaped } from "./slots.ts";

export function storeEarly(func: Func): boolean {
  const escaped = findEscaped(func);
  const uses = countUses(func);
  let changed = false;
  for (const block of func.blocks) {
    for (let at = 1; at < block.insts.length; at++) {
      const store = block.insts[at]!;
      if (store.op !== "store" || uses[store.value.id] !== 1) continue;
      const to = earliest(block, store, at, escaped);
      if (to === undefined) continue;
      block.insts.splice(at, 1);
      block.insts.splice(to, 0, store);
      changed = true;
    }
  }
  return changed;
}

/** Right behind where the value is made, if a call lies between and nothing else touches the slot there. */
function earliest(block: Block, store: Store, at: number, escaped: Uint8Array): number | undefined {
  const address = frameAddress(store.base);
  const { value } = store;
  if (address === undefined || escaped[address.slot.id] === 1 || isFloating(value) || value.block !== block)
    return undefined;
  let calls = false;
  for (let index = at - 1; index >= 0; index--) {
    const inst = block.insts[index]!;
    if (inst === value) return calls && inst.op !== "phi" ? index + 1 : undefined;
    if (touches(inst, address.slot)) return undefined;
    calls ||= inst.op === "call" || inst.op === "callFunction" || inst.op === "callKernel";
  }
  return undefined;
}

function touches(inst: Inst, slot: Inst): boolean {
  const count = operandCount(inst);
  for (let index = 0; index < count; index++) if (frameAddress(operand(inst, index))?.slot === slot) return true;
  return false;
}
