/**
 * What was stored to the stack is not loaded again while it is still known: along a block, and on into
 * blocks that only it leads to. Only slots whose address goes nowhere but into accesses and calls are
 * looked at.
 */
import { frameAddress } from "../codegen/frame.ts";
import type { FrameAddress } from "../codegen/frame.ts";
import { helperEffects } from "../codegen/helpers.ts";
import { applyReplacements, resolve, reversePostorder } from "../ir/edges.ts";
import type { Replacements } from "../ir/edges.ts";
import type { Block, Func, Inst, Load } from "../ir/ir.ts";
import { operand, operandCount } from "../ir/values.ts";
import { Editor } from "./editor.ts";
import { findEscaped } from "./slots.ts";

/** The value that some bytes of a slot were written from. */
interface Stored {
  readonly offset: number;
  readonly size: number;
  readonly value: Inst;
}

/** By slot id. */
type State = Map<number, readonly Stored[]>;

export function forwardStores(func: Func): boolean {
  const escaped = findEscaped(func);
  const table: Replacements = [];
  const ends = new Map<Block, State>();
  for (const block of reversePostorder(func)) {
    const [only] = block.predecessors;
    const before = block.predecessors.length === 1 && only !== undefined ? ends.get(only) : undefined;
    ends.set(block, walk(func, block, new Map(before), escaped, table));
  }
  if (table.length === 0) return false;
  applyReplacements(func, table);
  return true;
}

function walk(func: Func, block: Block, state: State, escaped: Uint8Array, table: Replacements): State {
  const editor = new Editor(func, block);
  for (const inst of block.insts) {
    editor.source = inst.source;
    if (inst.op === "load") {
      const value = known(editor, inst, state);
      if (value !== undefined) {
        table[inst.id] = resolve(table, value);
        continue;
      }
    }
    editor.keep(inst);
    note(inst, state, escaped, table);
  }
  block.insts = editor.out;
  return state;
}

/** The value that a load gives, if it was stored in the same place, at least as wide: the machine is little-endian. */
function known(editor: Editor, load: Load, state: State): Inst | undefined {
  const address = load.volatile || load.core !== undefined ? undefined : frameAddress(load.base);
  if (address === undefined || load.type.kind === "pointer") return undefined;
  const offset = address.offset + load.offset;
  const stored = state.get(address.slot.id)?.find((each) => each.offset === offset && each.size >= load.size);
  if (stored === undefined || stored.value.type.kind === "pointer") return undefined;
  const bits = load.size * 8;
  return bits === 64 ? stored.value : editor.extend(stored.value, bits as 8 | 16 | 32, load.signed);
}

function note(inst: Inst, state: State, escaped: Uint8Array, table: Replacements): void {
  switch (inst.op) {
    case "store": {
      const address = frameAddress(inst.base);
      if (address === undefined || escaped[address.slot.id] === 1) return;
      const offset = address.offset + inst.offset;
      forget(state, address, inst.offset, inst.size);
      const rest = state.get(address.slot.id) ?? [];
      state.set(address.slot.id, [...rest, { offset, size: inst.size, value: resolve(table, inst.value) }]);
      return;
    }
    case "zero":
    case "copy":
    case "atomicAdd": {
      const [base, offset, bytes] =
        inst.op === "copy"
          ? [inst.to, inst.toOffset, inst.bytes]
          : [inst.base, inst.offset, inst.op === "zero" ? inst.bytes : inst.size];
      const address = frameAddress(base);
      if (address !== undefined) forget(state, address, offset, bytes);
      return;
    }
    case "call":
    case "callFunction": {
      if (inst.op === "call" && helperEffects(inst.helper).onlyReads) return;
      const count = operandCount(inst);
      for (let index = 0; index < count; index++) {
        const address = frameAddress(operand(inst, index));
        if (address !== undefined) state.delete(address.slot.id);
      }
    }
  }
}

function forget(state: State, address: FrameAddress, offset: number, bytes: number): void {
  const from = address.offset + offset;
  const before = state.get(address.slot.id);
  if (before === undefined) return;
  const left = before.filter((each) => each.offset + each.size <= from || from + bytes <= each.offset);
  state.set(address.slot.id, left);
}
