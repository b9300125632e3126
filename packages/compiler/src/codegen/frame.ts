/**
 * Gives the slots of a function their places in its frame. Slots whose lifetimes do not overlap
 * share space. A lifetime reaches from the first to the last instruction that uses the slot, in
 * reverse postorder, and takes in every loop that it touches.
 */
import { STACK_SIZE } from "@sonde/bpf/asm";
import type { Block, Func, Inst, Slot } from "../ir/ir.ts";
import { operand, operandCount, successor, successorCount } from "../ir/values.ts";
import { CompileError } from "./errors.ts";

export interface Frame {
  /** By slot id: its lowest byte, relative to R10 (negative, a multiple of 8). */
  readonly offsets: Int32Array;
  /** Bytes taken, a multiple of 8. */
  readonly size: number;
}

interface Lifetime {
  readonly slot: Slot;
  from: number;
  to: number;
  /** Bytes above the slot's lowest, from R10 downwards; 0 until placed. */
  depth: number;
}

/** A constant distance into a slot: folded into whatever uses it. */
export interface FrameAddress {
  readonly slot: Slot;
  readonly offset: number;
}

/** Whether a value is a slot's address plus a constant, which is never kept in a register. */
export function frameAddress(inst: Inst): FrameAddress | undefined {
  if (inst.op === "slot") return { slot: inst, offset: 0 };
  if (inst.op !== "binary" || inst.kind !== "add" || inst.b.op !== "const" || inst.width !== 64) return undefined;
  const base = frameAddress(inst.a);
  if (base === undefined) return undefined;
  const offset = base.offset + Number(BigInt.asIntN(64, inst.b.value));
  return Math.abs(offset) <= STACK_SIZE ? { slot: base.slot, offset } : undefined;
}

export function layOutFrame(func: Func, order: readonly Block[]): Frame {
  const lifetimes = findLifetimes(func, order);
  let size = 0;
  const placed: Lifetime[] = [];
  for (const lifetime of lifetimes) {
    lifetime.depth = place(lifetime, placed);
    placed.push(lifetime);
    size = Math.max(size, lifetime.depth);
  }
  if (size > STACK_SIZE)
    throw tooLarge(
      func.name,
      size,
      placed.map(({ slot }) => slot),
    );
  const offsets = new Int32Array(func.nextId);
  for (const { slot, depth } of placed) offsets[slot.id] = -depth;
  return { offsets, size };
}

/** The lowest depth at which no slot that lives at the same time is in the way. */
function place(lifetime: Lifetime, placed: readonly Lifetime[]): number {
  const bytes = rounded(lifetime.slot);
  let depth = bytes;
  for (let moved = true; moved;) {
    moved = false;
    for (const other of placed) {
      if (other.to < lifetime.from || lifetime.to < other.from) continue;
      if (other.depth - rounded(other.slot) >= depth || depth - bytes >= other.depth) continue;
      depth = other.depth + bytes;
      moved = true;
    }
  }
  return depth;
}

function rounded(slot: Slot): number {
  return (slot.bytes + 7) & ~7;
}

function findLifetimes(func: Func, order: readonly Block[]): Lifetime[] {
  const found: (Lifetime | undefined)[] = [];
  const lifetimes: Lifetime[] = [];
  const firstOf = new Int32Array(func.nextId);
  const loops: { readonly from: number; readonly to: number }[] = [];
  let position = 0;
  for (const block of order) {
    firstOf[block.id] = position;
    for (const inst of block.insts) {
      const count = operandCount(inst);
      for (let index = 0; index < count; index++) {
        const address = frameAddress(operand(inst, index));
        if (address === undefined) continue;
        let lifetime = found[address.slot.id];
        if (lifetime === undefined) {
          lifetime = { slot: address.slot, from: position, to: position, depth: 0 };
          found[address.slot.id] = lifetime;
          lifetimes.push(lifetime);
        }
        lifetime.to = position;
        if (escapes(inst, index)) {
          lifetime.from = 0;
          lifetime.to = Infinity;
        }
      }
      position++;
    }
    position++;
  }
  for (const block of order) {
    for (let index = 0; index < successorCount(block); index++) {
      const target = firstOf[successor(block, index).id]!;
      const end = firstOf[block.id]! + block.insts.length;
      if (target <= end) loops.push({ from: target, to: end });
    }
  }
  for (let grown = loops.length > 0; grown;) {
    grown = false;
    for (const loop of loops) {
      for (const lifetime of lifetimes) {
        if (lifetime.to < loop.from || loop.to < lifetime.from) continue;
        if (lifetime.from <= loop.from && loop.to <= lifetime.to) continue;
        lifetime.from = Math.min(lifetime.from, loop.from);
        lifetime.to = Math.max(lifetime.to, loop.to);
        grown = true;
      }
    }
  }
  return lifetimes;
}

/** Whether a slot's address, as this operand, goes where its later uses can't be seen. */
export function escapes(inst: Inst, index: number): boolean {
  switch (inst.op) {
    case "load":
    case "zero":
    case "copy":
    case "call":
    case "callFunction":
    case "callKernel":
      return false;
    case "store":
    case "atomicAdd":
      return index === 1;
    case "binary":
      return frameAddress(inst) === undefined;
    default:
      return true;
  }
}

export function tooLarge(name: string, size: number, slots: readonly Slot[]): CompileError {
  const largest = [...slots]
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 8)
    .map((slot) => `${slot.name} ${slot.bytes}`);
  return new CompileError(
    `${name} needs ${size} bytes of stack, BPF has ${STACK_SIZE}; the largest variables, in bytes: ${largest.join(", ") || "none"}. Use shorter strings or smaller keys, or split the probe`,
  );
}
