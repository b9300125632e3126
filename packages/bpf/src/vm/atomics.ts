/** Atomic operations. A run has the machine to itself, so reading and then writing is atomic. */
import { AtomicOp } from "../asm/opcodes.ts";
import { load, store } from "./access.ts";
import type { Place } from "./access.ts";
import { BASE } from "./memory.ts";
import type { Memory } from "./memory.ts";
import type { Registers } from "./registers.ts";
import type { Step } from "./step.ts";

/** Bit of the operation that asks for the old value in the source register. */
const FETCH = 1;

/** What is written, by the old value and the operand. Undefined for an operation that does not exist. */
function combine(op: number): ((old: bigint, operand: bigint) => bigint) | undefined {
  switch (op) {
    case AtomicOp.ADD:
    case AtomicOp.FETCH_ADD:
      return (old, operand) => old + operand;
    case AtomicOp.OR:
    case AtomicOp.FETCH_OR:
      return (old, operand) => old | operand;
    case AtomicOp.AND:
    case AtomicOp.FETCH_AND:
      return (old, operand) => old & operand;
    case AtomicOp.XOR:
    case AtomicOp.FETCH_XOR:
      return (old, operand) => old ^ operand;
    case AtomicOp.XCHG:
      return (_old, operand) => operand;
    default:
      return undefined;
  }
}

/** `op` on `*(base + offset)`; undefined if there is no such operation of this size. */
export function atomic(
  memory: Memory,
  registers: Registers,
  op: number,
  size: 1 | 2 | 4 | 8,
  src: number,
  place: Place,
  next: number,
): Step | undefined {
  // The address of a load-acquire is in the source register: the caller hands the two over turned round.
  if (op === AtomicOp.LOAD_ACQ) return load(memory, registers, size, src, place, next);
  if (op === AtomicOp.STORE_REL) return store(memory, registers, size, src, place, next);
  if (size < 4) return undefined;
  const { u64, u32, s32 } = registers;
  const [low, high, { offset }] = [2 * place.base, 2 * place.base + 1, place];
  const bits = 8 * size;
  const exchange = (change: (old: bigint) => bigint): bigint => {
    const at = u32[low]! + offset;
    const { view } = memory.reach(s32[high]!, at, size, true);
    if (size === 8) {
      const old = view.getBigUint64(at - BASE, true);
      view.setBigUint64(at - BASE, change(old), true);
      return old;
    }
    const old = BigInt(view.getUint32(at - BASE, true));
    view.setUint32(at - BASE, Number(BigInt.asUintN(32, change(old))), true);
    return old;
  };
  if (op === AtomicOp.CMPXCHG) {
    return () => {
      u64[0] = exchange((old) => (old === BigInt.asUintN(bits, u64[0]!) ? u64[src]! : old));
      return next;
    };
  }
  const combined = combine(op);
  if (combined === undefined) return undefined;
  const change = (old: bigint): bigint => combined(old, u64[src]!);
  if ((op & FETCH) === 0) {
    return () => {
      exchange(change);
      return next;
    };
  }
  return () => {
    u64[src] = exchange(change);
    return next;
  };
}
