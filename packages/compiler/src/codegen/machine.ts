/**
 * BPF code between selection and emission: real opcodes, but any number of registers and jumps
 * between blocks. Numbers below {@link FIRST_VIRTUAL} are the machine's own registers, used only
 * where the calling convention asks for them; the others are virtual, and may be written more than
 * once (in two-address arithmetic, and for phis).
 */
import { AluOp, Class, JumpOp, Source } from "@sonde/bpf/asm";
import type { Reference, SourcePosition } from "@sonde/bpf/asm";

export const FIRST_VIRTUAL = 16;

/** An Instruction that is still being worked on. */
export interface MachineInst {
  readonly opcode: number;
  dst: number;
  src: number;
  readonly offset: number;
  readonly imm: number | bigint;
  ref?: Reference;
  source?: SourcePosition;
  /** Of a call: how many of R1 to R5 it reads. */
  args?: number;
  /** Of a conditional jump that stands for a value: this register becomes 1 if it would jump, else 0. */
  result?: number;
  /** Of a load from or store to R10: the access is to the home in the frame of this virtual register. */
  home?: number;
}

export type Exit =
  | { readonly kind: "jump"; readonly to: MachineBlock; readonly source: SourcePosition | undefined }
  | {
      readonly kind: "branch";
      readonly test: MachineInst;
      readonly then: MachineBlock;
      readonly otherwise: MachineBlock;
    }
  | { readonly kind: "return"; readonly source: SourcePosition | undefined };

export interface MachineBlock {
  /** Index in the function's list. */
  readonly index: number;
  insts: MachineInst[];
  exit: Exit;
  /** How much an instruction here counts when it is decided what to spill. */
  weight: number;
}

export interface MachineFunction {
  readonly name: string;
  /** In the order of emission. */
  readonly blocks: MachineBlock[];
  /** The next virtual register. */
  nextRegister: number;
  /** Virtual registers that live for one instruction only, made by spilling: they can't be spilled again. */
  readonly pinned: Set<number>;
  /** Bytes of frame taken so far, a multiple of 8. */
  frameSize: number;
}

export const READS_DST = 1;
export const READS_SRC = 2;
export const WRITES_DST = 4;
export const CALLS = 8;

/** What an instruction does with its two register fields, as a sum of the flags above. */
export function effects(opcode: number): number {
  const second = (opcode & Source.X) !== 0 ? READS_SRC : 0;
  switch (opcode & 0x07) {
    case Class.ALU:
    case Class.ALU64: {
      const operation = opcode & 0xf0;
      if (operation === AluOp.MOV) return WRITES_DST | second;
      if (operation === AluOp.NEG || operation === AluOp.END) return READS_DST | WRITES_DST;
      return READS_DST | WRITES_DST | second;
    }
    case Class.LD:
      return WRITES_DST;
    case Class.LDX:
      return WRITES_DST | READS_SRC;
    case Class.ST:
      return READS_DST;
    case Class.STX:
      return READS_DST | READS_SRC;
    default:
      switch (opcode & 0xf0) {
        case JumpOp.JA:
        case JumpOp.EXIT:
          return 0;
        case JumpOp.CALL:
          return CALLS;
        default:
          return READS_DST | second;
      }
  }
}

/** `dst = src`, 64 bits: what allocation tries to make disappear. */
export const COPY: number = Class.ALU64 | Source.X | AluOp.MOV;

export function isCopy(inst: MachineInst): boolean {
  return inst.opcode === COPY && inst.offset === 0;
}
