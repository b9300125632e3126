/** Loads and stores. */
import type { AccessSize } from "../asm/opcodes.ts";
import { UnmappedTrap } from "./fault.ts";
import { BASE } from "./memory.ts";
import type { Memory } from "./memory.ts";
import type { Registers } from "./registers.ts";
import type { Step } from "./step.ts";

/** Where a load or store goes: the address in register `base`, and `offset` bytes. */
export interface Place {
  readonly base: number;
  readonly offset: number;
}

/** `dst = *(uN *)(base + offset)`. */
export function load(
  memory: Memory,
  registers: Registers,
  size: AccessSize,
  dst: number,
  place: Place,
  next: number,
): Step {
  const { u64, u32, s32 } = registers;
  const [low, high, { offset }] = [2 * place.base, 2 * place.base + 1, place];
  const [d, above] = [2 * dst, 2 * dst + 1];
  switch (size) {
    case 1:
      return () => {
        const at = u32[low]! + offset;
        s32[d] = memory.reach(s32[high]!, at, 1, false).bytes[at - BASE]!;
        s32[above] = 0;
        return next;
      };
    case 2:
      return () => {
        const at = u32[low]! + offset;
        s32[d] = memory.reach(s32[high]!, at, 2, false).view.getUint16(at - BASE, true);
        s32[above] = 0;
        return next;
      };
    case 4:
      return () => {
        const at = u32[low]! + offset;
        const region = memory.reach(s32[high]!, at, 4, false);
        const pointer = region.pointers?.get(at - BASE);
        if (pointer !== undefined) {
          u64[dst] = pointer;
          return next;
        }
        s32[d] = region.view.getInt32(at - BASE, true);
        s32[above] = 0;
        return next;
      };
    case 8:
      return () => {
        const at = u32[low]! + offset;
        u64[dst] = memory.reach(s32[high]!, at, 8, false).view.getBigUint64(at - BASE, true);
        return next;
      };
  }
}

/**
 * A load through a pointer that the kernel trusts without having checked it (typed by BTF: tp_btf,
 * fentry, LSM): where there is no memory it gives 0, as the kernel's fault handler does.
 */
export function orZero(step: Step, registers: Registers, dst: number, next: number): Step {
  const { u64 } = registers;
  return () => {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof UnmappedTrap)) throw error;
      u64[dst] = 0n;
      return next;
    }
  };
}

/** `dst = *(sN *)(base + offset)`. */
export function loadSignExtended(
  memory: Memory,
  registers: Registers,
  size: AccessSize,
  dst: number,
  place: Place,
  next: number,
): Step {
  const extended = load(memory, registers, size, dst, place, next);
  const { s64 } = registers;
  const bits = 8 * size;
  return () => {
    extended();
    s64[dst] = BigInt.asIntN(bits, s64[dst]!);
    return next;
  };
}

/** `*(uN *)(base + offset) = src`. */
export function store(
  memory: Memory,
  registers: Registers,
  size: AccessSize,
  src: number,
  place: Place,
  next: number,
): Step {
  const { u64, u32, s32 } = registers;
  const [low, high, { offset }] = [2 * place.base, 2 * place.base + 1, place];
  const s = 2 * src;
  switch (size) {
    case 1:
      return () => {
        const at = u32[low]! + offset;
        memory.reach(s32[high]!, at, 1, true).bytes[at - BASE] = s32[s]!;
        return next;
      };
    case 2:
      return () => {
        const at = u32[low]! + offset;
        memory.reach(s32[high]!, at, 2, true).view.setUint16(at - BASE, s32[s]!, true);
        return next;
      };
    case 4:
      return () => {
        const at = u32[low]! + offset;
        memory.reach(s32[high]!, at, 4, true).view.setUint32(at - BASE, s32[s]!, true);
        return next;
      };
    case 8:
      return () => {
        const at = u32[low]! + offset;
        memory.reach(s32[high]!, at, 8, true).view.setBigUint64(at - BASE, u64[src]!, true);
        return next;
      };
  }
}
