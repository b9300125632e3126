/**
 * Layout gives every instruction its slot and turns labels into distances. A jump's distance counts
 * slots from the instruction after the jump, so `goto +0` does nothing.
 */
import { AsmError } from "./errors.ts";
import type { Instruction } from "./instruction.ts";
import { Class, isLoadImm64, JumpOp } from "./opcodes.ts";

export interface Layout {
  /** As given, with jump offsets and call distances filled in; references are kept. */
  readonly instructions: readonly Instruction[];
  /** The first slot of each instruction. */
  readonly slots: Int32Array;
  /** Slots of the whole; eight bytes each. */
  readonly size: number;
  /** Slot by label. */
  readonly labels: ReadonlyMap<string, number>;
}

/** Resolves labels. Throws AsmError for a label that is missing, twice defined or out of reach. */
export function layout(instructions: readonly Instruction[]): Layout {
  const slots = new Int32Array(instructions.length);
  const labels = new Map<string, number>();
  let size = 0;
  for (let index = 0; index < instructions.length; index++) {
    const { opcode, label } = instructions[index]!;
    slots[index] = size;
    if (label !== undefined) {
      if (labels.has(label))
        throw new AsmError(`label "${label}" is defined twice, in slots ${labels.get(label)} and ${size}`);
      labels.set(label, size);
    }
    size += isLoadImm64(opcode) ? 2 : 1;
  }
  const placed = instructions.map((instruction, index) => place(instruction, slots[index]!, labels));
  return { instructions: placed, slots, size, labels };
}

/** The jump whose distance is in the 32-bit immediate (ISA version 4). */
const GOTOL = Class.JMP32 | JumpOp.JA;

function place(instruction: Instruction, slot: number, labels: ReadonlyMap<string, number>): Instruction {
  const { ref } = instruction;
  if (ref === undefined || !("label" in ref)) return instruction;
  const target = labels.get(ref.label);
  if (target === undefined) throw new AsmError(`${ref.kind} in slot ${slot}: there is no label "${ref.label}"`);
  const distance = target - slot - 1;
  switch (ref.kind) {
    case "jump":
      if (instruction.opcode === GOTOL) return { ...instruction, imm: distance };
      if (distance < -0x8000 || distance > 0x7fff) {
        throw new AsmError(
          `jump in slot ${slot} to "${ref.label}": ${distance} slots is beyond the 16-bit offset; split the program`,
        );
      }
      return { ...instruction, offset: distance };
    case "call":
      return { ...instruction, imm: distance };
    case "func":
      // The kernel takes the low half only and sign-extends it: code may precede or follow.
      return { ...instruction, imm: BigInt.asUintN(32, BigInt(distance)) };
  }
}

/** The instruction that covers a slot, as verifier messages number them. */
export function instructionAt(program: Layout, slot: number): Instruction | undefined {
  const index = program.slots.findLastIndex((start) => start <= slot);
  return slot < program.size ? program.instructions[index] : undefined;
}
