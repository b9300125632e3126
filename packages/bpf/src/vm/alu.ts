/** Arithmetic, as Documentation/bpf/standardization/instruction-set.rst defines it. */
import { AluOp } from "../asm/opcodes.ts";
import type { Registers } from "./registers.ts";
import type { Step } from "./step.ts";

/** `dst = dst op src` in 64 bits; `signed` is for division. Undefined for an operation that does not exist. */
export function alu64(
  registers: Registers,
  op: number,
  dst: number,
  src: number,
  signed: boolean,
  next: number,
): Step | undefined {
  const { u64, s64 } = registers;
  switch (op) {
    case AluOp.ADD:
      return () => {
        u64[dst]! += u64[src]!;
        return next;
      };
    case AluOp.SUB:
      return () => {
        u64[dst]! -= u64[src]!;
        return next;
      };
    case AluOp.MUL:
      return () => {
        u64[dst]! *= u64[src]!;
        return next;
      };
    case AluOp.OR:
      return () => {
        u64[dst]! |= u64[src]!;
        return next;
      };
    case AluOp.AND:
      return () => {
        u64[dst]! &= u64[src]!;
        return next;
      };
    case AluOp.XOR:
      return () => {
        u64[dst]! ^= u64[src]!;
        return next;
      };
    case AluOp.MOV:
      return () => {
        u64[dst] = u64[src]!;
        return next;
      };
    case AluOp.LSH:
      return () => {
        u64[dst]! <<= u64[src]! & 63n;
        return next;
      };
    case AluOp.RSH:
      return () => {
        u64[dst]! >>= u64[src]! & 63n;
        return next;
      };
    case AluOp.ARSH:
      return () => {
        s64[dst]! >>= u64[src]! & 63n;
        return next;
      };
    case AluOp.NEG:
      return () => {
        u64[dst] = -u64[dst]!;
        return next;
      };
    case AluOp.DIV:
      if (signed)
        return () => {
          s64[dst] = s64[src] === 0n ? 0n : s64[dst]! / s64[src]!;
          return next;
        };
      return () => {
        u64[dst] = u64[src] === 0n ? 0n : u64[dst]! / u64[src]!;
        return next;
      };
    case AluOp.MOD:
      if (signed)
        return () => {
          if (s64[src] !== 0n) s64[dst]! %= s64[src]!;
          return next;
        };
      return () => {
        if (u64[src] !== 0n) u64[dst]! %= u64[src]!;
        return next;
      };
    default:
      return undefined;
  }
}

/** The same in 32 bits: the lower half of the result, and zeros above. */
export function alu32(
  registers: Registers,
  op: number,
  dst: number,
  src: number,
  signed: boolean,
  next: number,
): Step | undefined {
  const { u32, s32 } = registers;
  const [d, s, high] = [2 * dst, 2 * src, 2 * dst + 1];
  switch (op) {
    case AluOp.ADD:
      return () => {
        s32[d]! += s32[s]!;
        s32[high] = 0;
        return next;
      };
    case AluOp.SUB:
      return () => {
        s32[d]! -= s32[s]!;
        s32[high] = 0;
        return next;
      };
    case AluOp.MUL:
      return () => {
        s32[d] = Math.imul(s32[d]!, s32[s]!);
        s32[high] = 0;
        return next;
      };
    case AluOp.OR:
      return () => {
        s32[d]! |= s32[s]!;
        s32[high] = 0;
        return next;
      };
    case AluOp.AND:
      return () => {
        s32[d]! &= s32[s]!;
        s32[high] = 0;
        return next;
      };
    case AluOp.XOR:
      return () => {
        s32[d]! ^= s32[s]!;
        s32[high] = 0;
        return next;
      };
    case AluOp.MOV:
      return () => {
        s32[d] = s32[s]!;
        s32[high] = 0;
        return next;
      };
    // JavaScript's shifts take the count modulo 32, as BPF's do.
    case AluOp.LSH:
      return () => {
        s32[d]! <<= s32[s]!;
        s32[high] = 0;
        return next;
      };
    case AluOp.RSH:
      return () => {
        u32[d]! >>>= s32[s]!;
        s32[high] = 0;
        return next;
      };
    case AluOp.ARSH:
      return () => {
        s32[d]! >>= s32[s]!;
        s32[high] = 0;
        return next;
      };
    case AluOp.NEG:
      return () => {
        s32[d] = -s32[d]!;
        s32[high] = 0;
        return next;
      };
    // Quotients of 32-bit numbers are far enough from the next integer for doubles to be exact.
    case AluOp.DIV:
      if (signed)
        return () => {
          s32[d] = s32[s] === 0 ? 0 : Math.trunc(s32[d]! / s32[s]!);
          s32[high] = 0;
          return next;
        };
      return () => {
        u32[d] = u32[s] === 0 ? 0 : Math.trunc(u32[d]! / u32[s]!);
        s32[high] = 0;
        return next;
      };
    case AluOp.MOD:
      if (signed)
        return () => {
          if (s32[s] !== 0) s32[d]! %= s32[s]!;
          s32[high] = 0;
          return next;
        };
      return () => {
        if (u32[s] !== 0) u32[d]! %= u32[s]!;
        s32[high] = 0;
        return next;
      };
    default:
      return undefined;
  }
}

/** `dst = (sN)src`; with 32 bits of result the upper half is zero. */
export function moveSignExtended(
  registers: Registers,
  width: 32 | 64,
  dst: number,
  src: number,
  bits: number,
  next: number,
): Step {
  const { s32 } = registers;
  const [d, s, high, shift] = [2 * dst, 2 * src, 2 * dst + 1, 32 - bits];
  if (width === 32)
    return () => {
      s32[d] = (s32[s]! << shift) >> shift;
      s32[high] = 0;
      return next;
    };
  return () => {
    const value = (s32[s]! << shift) >> shift;
    s32[d] = value;
    s32[high] = value >> 31;
    return next;
  };
}

/** The low `bits` of a register, their bytes turned round if `swap`; zeros above. */
export function byteOrder(registers: Registers, dst: number, bits: number, swap: boolean, next: number): Step {
  const { u64 } = registers;
  if (!swap)
    return () => {
      u64[dst] = BigInt.asUintN(bits, u64[dst]!);
      return next;
    };
  const view = new DataView(new ArrayBuffer(8));
  const unused = BigInt(64 - bits);
  return () => {
    view.setBigUint64(0, u64[dst]!, true);
    u64[dst] = view.getBigUint64(0, false) >> unused;
    return next;
  };
}
