/** Conditional jumps: to `taken` if the comparison holds, else on to `next`. */
import { JumpOp } from "../asm/opcodes.ts";
import type { Registers } from "./registers.ts";
import type { Step } from "./step.ts";

/** Compares all 64 bits. Undefined for a comparison that does not exist. */
export function jump64(
  registers: Registers,
  op: number,
  dst: number,
  src: number,
  taken: number,
  next: number,
): Step | undefined {
  const { u64, s64 } = registers;
  switch (op) {
    case JumpOp.JEQ:
      return () => (u64[dst] === u64[src] ? taken : next);
    case JumpOp.JNE:
      return () => (u64[dst] !== u64[src] ? taken : next);
    case JumpOp.JSET:
      return () => ((u64[dst]! & u64[src]!) !== 0n ? taken : next);
    case JumpOp.JGT:
      return () => (u64[dst]! > u64[src]! ? taken : next);
    case JumpOp.JGE:
      return () => (u64[dst]! >= u64[src]! ? taken : next);
    case JumpOp.JLT:
      return () => (u64[dst]! < u64[src]! ? taken : next);
    case JumpOp.JLE:
      return () => (u64[dst]! <= u64[src]! ? taken : next);
    case JumpOp.JSGT:
      return () => (s64[dst]! > s64[src]! ? taken : next);
    case JumpOp.JSGE:
      return () => (s64[dst]! >= s64[src]! ? taken : next);
    case JumpOp.JSLT:
      return () => (s64[dst]! < s64[src]! ? taken : next);
    case JumpOp.JSLE:
      return () => (s64[dst]! <= s64[src]! ? taken : next);
    default:
      return undefined;
  }
}

/** Compares the lower halves. */
export function jump32(
  registers: Registers,
  op: number,
  dst: number,
  src: number,
  taken: number,
  next: number,
): Step | undefined {
  const { u32, s32 } = registers;
  const [d, s] = [2 * dst, 2 * src];
  switch (op) {
    case JumpOp.JEQ:
      return () => (s32[d] === s32[s] ? taken : next);
    case JumpOp.JNE:
      return () => (s32[d] !== s32[s] ? taken : next);
    case JumpOp.JSET:
      return () => ((s32[d]! & s32[s]!) !== 0 ? taken : next);
    case JumpOp.JGT:
      return () => (u32[d]! > u32[s]! ? taken : next);
    case JumpOp.JGE:
      return () => (u32[d]! >= u32[s]! ? taken : next);
    case JumpOp.JLT:
      return () => (u32[d]! < u32[s]! ? taken : next);
    case JumpOp.JLE:
      return () => (u32[d]! <= u32[s]! ? taken : next);
    case JumpOp.JSGT:
      return () => (s32[d]! > s32[s]! ? taken : next);
    case JumpOp.JSGE:
      return () => (s32[d]! >= s32[s]! ? taken : next);
    case JumpOp.JSLT:
      return () => (s32[d]! < s32[s]! ? taken : next);
    case JumpOp.JSLE:
      return () => (s32[d]! <= s32[s]! ? taken : next);
    default:
      return undefined;
  }
}
