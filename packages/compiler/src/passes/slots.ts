/**
 * Dead stores to the stack: what is overwritten, or never looked at again on any way to the end, is
 * not written. Bytes are followed backwards through the whole function. Only slots whose address goes
 * nowhere but into accesses and calls are looked at.
 */
import { escapes, frameAddress } from "../codegen/frame.ts";
import type { FrameAddress } from "../codegen/frame.ts";
import { helperEffects } from "../codegen/helpers.ts";
import { reversePostorder } from "../ir/edges.ts";
import type { Block, Call, Func, Inst } from "../ir/ir.ts";
import { operand, operandCount, successor, successorCount } from "../ir/values.ts";

/** By slot id: the bytes that will still be read, one bit each. */
type Live = Map<number, bigint>;

const NOTHING: Live = new Map();

export function removeDeadStores(func: Func): boolean {
  const escaped = findEscaped(func);
  const order = reversePostorder(func).reverse();
  const touching = new Set(order.filter(({ insts }) => insts.some(touchesStack)));
  if (touching.size === 0) return false;
  const heads = new Map<Block, Live>();
  // Only what follows a loop's end is not known when it is first asked for.
  for (let again = true; again;) {
    again = false;
    for (const block of order) {
      const before = heads.get(block);
      const known = hasKnownEnd(block, heads);
      let live = liveAtEnd(block, heads);
      if (touching.has(block)) {
        live = new Map(live);
        for (let index = block.insts.length - 1; index >= 0; index--) visit(block.insts[index]!, live, escaped);
      }
      heads.set(block, live);
      if (!known || (before !== undefined && !same(live, before))) again = true;
    }
  }
  let changed = false;
  for (const block of touching) if (sweep(block, new Map(liveAtEnd(block, heads)), escaped)) changed = true;
  return changed;
}

function touchesStack(inst: Inst): boolean {
  const count = operandCount(inst);
  for (let index = 0; index < count; index++) if (frameAddress(operand(inst, index)) !== undefined) return true;
  return false;
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

function hasKnownEnd(block: Block, heads: ReadonlyMap<Block, Live>): boolean {
  for (let index = 0; index < successorCount(block); index++) if (!heads.has(successor(block, index))) return false;
  return true;
}

/** Not to be changed: it may be what is live at the head of another block. */
function liveAtEnd(block: Block, heads: ReadonlyMap<Block, Live>): Live {
  let live = NOTHING;
  for (let index = 0; index < successorCount(block); index++) {
    const next = heads.get(successor(block, index)) ?? NOTHING;
    if (live.size === 0) live = next;
    else if (next.size > 0 && next !== live) {
      live = new Map(live);
      for (const [slot, bytes] of next) live.set(slot, (live.get(slot) ?? 0n) | bytes);
    }
  }
  return live;
}

function same(a: Live, b: Live): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [slot, bytes] of a) if (b.get(slot) !== bytes) return false;
  return true;
}

function sweep(block: Block, live: Live, escaped: Uint8Array): boolean {
  const kept: Inst[] = [];
  for (let index = block.insts.length - 1; index >= 0; index--) {
    const inst = block.insts[index]!;
    if (visit(inst, live, escaped)) kept.push(inst);
  }
  if (kept.length === block.insts.length) return false;
  block.insts = kept.reverse();
  return true;
}

/** Goes back over an instruction; whether it does anything that somebody will see. */
function visit(inst: Inst, live: Live, escaped: Uint8Array): boolean {
  const written = writtenBy(inst);
  if (written !== undefined && escaped[written.address.slot.id] === 0) {
    const { slot, offset } = written.address;
    const bytes = mask(offset, written.bytes);
    const wanted = live.get(slot.id) ?? 0n;
    if (inst.op !== "call" && (wanted & bytes) === 0n) return false;
    if (inst.op !== "atomicAdd") setLive(live, slot.id, wanted & ~bytes);
  }
  const count = operandCount(inst);
  for (let at = 0; at < count; at++) {
    const address = frameAddress(operand(inst, at));
    if (address !== undefined) read(inst, at, address, live);
  }
  return true;
}

function setLive(live: Live, slot: number, bytes: bigint): void {
  if (bytes === 0n) live.delete(slot);
  else live.set(slot, bytes);
}

/** Bytes of a slot; what lies outside of it is nobody's. */
function mask(offset: number, bytes: number): bigint {
  const from = Math.max(offset, 0);
  const to = Math.max(offset + bytes, from);
  return ((1n << BigInt(to - from)) - 1n) << BigInt(from);
}

function read(inst: Inst, index: number, { slot, offset }: FrameAddress, live: Live): void {
  const bytes = bytesRead(inst, index, offset, slot.bytes);
  if (bytes !== 0n) live.set(slot.id, (live.get(slot.id) ?? 0n) | bytes);
}

function bytesRead(inst: Inst, index: number, offset: number, all: number): bigint {
  switch (inst.op) {
    case "load":
      return mask(offset + inst.offset, inst.size);
    case "copy":
      return index === 1 ? mask(offset + inst.fromOffset, inst.bytes) : 0n;
    case "atomicAdd":
      return index === 0 ? mask(offset + inst.offset, inst.size) : 0n;
    case "callFunction":
    case "callKernel":
      return mask(0, all);
    case "call":
      return helperEffects(inst.helper).writes?.pointer !== index || sizeWritten(inst) === undefined
        ? mask(0, all)
        : 0n;
    default:
      return 0n;
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
