/**
 * A value and the zeros that are stored right behind it become one wider store, as where a field of a key
 * is followed by padding. The machine is little-endian, so the zeros are the value's upper half.
 */
import { frameAddress } from "../codegen/frame.ts";
import type { AccessSize, Block, Func, Inst, Store } from "../ir/ir.ts";
import { significantBits } from "./bits.ts";
import { Editor } from "./editor.ts";

export function widenStores(func: Func): boolean {
  let changed = false;
  for (const block of func.blocks) {
    for (let at = block.insts.length - 2; at >= 0; at--) if (joinNext(func, block, at)) changed = true;
  }
  return changed;
}

/** Makes one store of the two at `at` and behind it. */
function joinNext(func: Func, block: Block, at: number): boolean {
  const [low, high] = [block.insts[at]!, block.insts[at + 1]!];
  if (low.op !== "store" || high.op !== "store" || !isUpperHalf(low, high)) return false;
  const editor = new Editor(func, block);
  editor.source = low.source;
  const bits = low.size * 8;
  const isClean = significantBits(low.value, 0) <= bits;
  const value = isClean ? low.value : editor.extend(low.value, bits as 8 | 16 | 32, false);
  editor.store(low.base, low.offset, (low.size * 2) as AccessSize, value);
  block.insts.splice(at, 2, ...editor.out);
  return true;
}

function isUpperHalf(low: Store, high: Store): boolean {
  if (low.size === 8 || low.size !== high.size || low.base !== high.base || high.offset !== low.offset + low.size)
    return false;
  if (low.value.type.kind !== "scalar" || high.value.op !== "const" || high.value.value !== 0n) return false;
  return isAligned(low.base, low.offset, low.size * 2);
}

/** Whether an offset into what the kernel aligns to eight bytes is a multiple of `bytes`. */
function isAligned(base: Inst, offset: number, bytes: number): boolean {
  const address = frameAddress(base);
  if (address !== undefined) return (address.offset + offset) % bytes === 0;
  return (
    (base.op === "refine" || base.op === "mapValue") &&
    ((base.op === "mapValue" ? base.offset : 0) + offset) % bytes === 0
  );
}
