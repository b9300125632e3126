/** What ends a run early. */
import { disassembleInstruction } from "../asm/disassemble.ts";
import type { Instruction } from "../asm/instruction.ts";

/** Thrown inside a step, which does not know where it stands; the machine makes a {@link VmFault} of it. */
export class Trap extends Error {
  readonly address: bigint | undefined;

  constructor(message: string, address?: bigint) {
    super(message);
    this.address = address;
  }
}

/** A {@link Trap} because no memory is at the address at all. */
export class UnmappedTrap extends Trap {}

/** A program or object that this VM cannot take: raised before anything runs. */
export class VmError extends Error {
  override readonly name = "VmError";
}

export interface FaultPlace {
  readonly program: string;
  /** The instruction's first slot, as verifier messages count. */
  readonly slot: number;
  /** Undefined where the program ran past its last instruction. */
  readonly instruction: Instruction | undefined;
  /** R0 to R10 as they stood. */
  readonly registers: readonly bigint[];
}

/** A run that did what the kernel would not let it do: the message says where, on what and why. */
export class VmFault extends Error {
  override readonly name = "VmFault";
  readonly program: string;
  readonly slot: number;
  readonly instruction: Instruction | undefined;
  readonly registers: readonly bigint[];
  /** The address that could not be reached, if it is that. */
  readonly address: bigint | undefined;

  constructor(trap: Trap, { program, slot, instruction, registers }: FaultPlace) {
    const text = instruction === undefined ? "" : ` (${disassembleInstruction(instruction)})`;
    const source = instruction?.source;
    const line = source === undefined ? "" : `\n  at ${source.file}:${source.line}:${source.column}: ${source.text}`;
    super(`program '${program}', slot ${slot}${text}: ${trap.message}${line}`, { cause: trap });
    this.program = program;
    this.slot = slot;
    this.instruction = instruction;
    this.registers = registers;
    this.address = trap.address;
  }
}
