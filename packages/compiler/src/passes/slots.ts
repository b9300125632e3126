/**
 * Dead stores to the stack: what is overwritten, or left behind at the end of the program, before
 * anything reads it is not written. Only slots whose address goes nowhere but into accesses and
 * calls are looked at.
 */
import { escapes, frameAddress } from "../codegen/frame.ts";
import type { FrameAddress } from "../codegen/frame.ts";
import { helperEffects } from "../codegen/helpers.ts";
import type { Block, Call, Func, Inst } from "../ir/ir.ts";
import { operand, operandCount } from "../ir/values.ts";

/** Bytes of a slot that will be written before they are read: from, inclusive, to, exclusive. */
interface Doomed {
  from: number;
  to: number;
}

export function removeDeadStores(func: Func): boolean {
  const escaped = findEscaped(func);
  let changed = false;
  for (const block of func.blocks) if (sweep(block, escaped)) changed = true;
  return changed;
}

/** Slots whose address goes where its uses can't be seen, by id. */
export function findEscaped(func: Func): Uint8Array {
  const escaped = new Uint8Array(func.nextId);
  for (const { insts, terminator } of func.blocks) {
    for (const inst of insts) {
      const count = operandCount(inst);
      for (let index = 0; index < count; index++) {
        const address = frameAddress(operand(inst, index));
        if (address !== undefined && escapes(inst, index)) escaped[address.slot.id] = 1;
      }
    }
    if (terminator?.op === "branch") {
      for (const value of [terminator.a, terminator.b]) {
        const address = frameAddress(value);
        if (address !== undefined) escaped[address.slot.id] = 1;
      }
    }
  }
  return escaped;
}

function sweep(block: Block, escaped: Uint8Array): boolean {
  const atEnd = block.terminator?.op === "return";
  const doomed: (Doomed | undefined)[] = [];
  const kept: Inst[] = [];
  const stateOf = ({ slot }: FrameAddress): Doomed =>
    (doomed[slot.id] ??= atEnd ? { from: 0, to: slot.bytes } : { from: 0, to: 0 });
  for (let index = block.insts.length - 1; index >= 0; index--) {
    const inst = block.insts[index]!;
    const written = writtenBy(inst);
    if (written !== undefined && escaped[written.address.slot.id] === 0) {
      const state = stateOf(written.address);
      const from = written.address.offset;
      const to = from + written.bytes;
      if (inst.op !== "call" && state.from <= from && to <= state.to) continue;
      if (inst.op !== "atomicAdd") doom(state, from, to);
    }
    const count = operandCount(inst);
    for (let at = 0; at < count; at++) {
      const address = frameAddress(operand(inst, at));
      if (address !== undefined && reads(inst, at)) doomed[address.slot.id] = { from: 0, to: 0 };
    }
    kept.push(inst);
  }
  if (kept.length === block.insts.length) return false;
  block.insts = kept.reverse();
  return true;
}

/** Adds a range where the two touch; of two apart the larger is remembered. */
function doom(state: Doomed, from: number, to: number): void {
  if (from <= state.to && state.from <= to) {
    state.from = Math.min(state.from, from);
    state.to = Math.max(state.to, to);
  } else if (to - from > state.to - state.from) {
    state.from = from;
    state.to = to;
  }
}

function reads(inst: Inst, index: number): boolean {
  switch (inst.op) {
    case "load":
    case "callFunction":
      return true;
    case "atomicAdd":
      return index === 0;
    case "copy":
      return index === 1;
    case "call":
      return helperEffects(inst.helper).writes?.pointer !== index || sizeWritten(inst) === undefined;
    default:
      return false;
  }
}

function writtenBy(inst: Inst): { readonly address: FrameAddress; readonly bytes: number } | undefined {
  switch (inst.op) {
    case "store":
    case "atomicAdd":
      return at(inst.base, inst.offset, inst.size);
    case "zero":
      return at(inst.base, inst.offset, inst.bytes);
    case "copy":
      return at(inst.to, inst.toOffset, inst.bytes);
    case "call": {
      const bytes = sizeWritten(inst);
      return bytes === undefined ? undefined : at(inst.args[helperEffects(inst.helper).writes!.pointer]!, 0, bytes);
    }
    default:
      return undefined;
  }
}

function sizeWritten(call: Call): number | undefined {
  const { writes } = helperEffects(call.helper);
  const size = writes === undefined ? undefined : call.args[writes.size];
  return size?.op === "const" ? Number(size.value) : undefined;
}

function at(base: Inst, offset: number, bytes: number): { address: FrameAddress; bytes: number } | undefined {
  const address = frameAddress(base);
  return address === undefined
    ? undefined
    : { address: { slot: address.slot, offset: address.offset + offset }, bytes };
}
