/** Instructions to steps. */
import { disassembleInstruction } from "../asm/disassemble.ts";
import { helperName } from "../asm/helpers.ts";
import type { Instruction } from "../asm/instruction.ts";
import type { Layout } from "../asm/layout.ts";
import {
  accessSize,
  AluOp,
  AtomicOp,
  Class,
  classOf,
  isLoadImm64,
  JumpOp,
  Mode,
  Pseudo,
  Source,
} from "../asm/opcodes.ts";
import { R0, R1, R10, R2, R5, R9 } from "../asm/registers.ts";
import type { ProgramSpec, ProgramType } from "../spec/spec.ts";
import { load, loadSignExtended, orZero, store } from "./access.ts";
import { alu32, alu64, byteOrder, moveSignExtended } from "./alu.ts";
import { atomic } from "./atomics.ts";
import { Trap, VmError } from "./fault.ts";
import { jump32, jump64 } from "./jumps.ts";
import type { Code, Machine } from "./machine.ts";
import { EXIT, TAIL_CALL, TAKEN_OVER } from "./step.ts";
import type { Step } from "./step.ts";

/** What a helper does; its arguments are in R1 to R5. TAKEN_OVER as an answer lets another program take over. */
export type HelperStep = () => bigint | typeof TAKEN_OVER;

/** What instructions refer to by name or number. */
export interface Linker {
  /** The address that stands for a map; throws VmError if there is none of this name. */
  map(name: string): bigint;
  /** The address of an array map's first value. */
  mapValue(name: string): bigint;
  /** The address that stands for one of a program's instructions. */
  function(code: Code, index: number): bigint;
  /** Undefined for a helper that is not simulated. */
  helper(id: number): HelperStep | undefined;
  /** The same of a function of the kernel's. */
  kernelFunction(name: string): HelperStep | undefined;
}

/** Every instruction as a step, and one more that catches what runs past the end. Errors: VmError. */
export function translate({ name, type }: ProgramSpec, layout: Layout, machine: Machine, linker: Linker): Code {
  const steps: Step[] = [];
  const code: Code = { name, layout, steps };
  const translator = new Translator(code, machine, linker, TYPED_POINTERS.includes(type));
  for (const [index, instruction] of layout.instructions.entries()) {
    steps.push(translator.step(instruction, index) ?? illegal(instruction));
  }
  steps.push(trap("the program runs past its last instruction"));
  return code;
}

/** Programs whose pointers into the kernel are typed by BTF. */
const TYPED_POINTERS: readonly ProgramType[] = ["tracing", "lsm", "struct_ops", "ext"];

/** What the kernel would refuse to load may still be loaded here: it is an error when it is reached. */
function illegal(instruction: Instruction): Step {
  return trap(`${disassembleInstruction(instruction)} is no instruction of BPF`);
}

function trap(message: string): Step {
  return () => {
    throw new Trap(message);
  };
}

class Translator {
  readonly #code: Code;
  readonly #machine: Machine;
  readonly #linker: Linker;
  readonly #typedPointers: boolean;

  constructor(code: Code, machine: Machine, linker: Linker, typedPointers: boolean) {
    this.#code = code;
    this.#machine = machine;
    this.#linker = linker;
    this.#typedPointers = typedPointers;
  }

  step(instruction: Instruction, index: number): Step | undefined {
    const { opcode, dst, src } = instruction;
    const next = index + 1;
    if (dst > R10 || src > R10) return undefined;
    if (dst === R10 && writesRegister(opcode)) return trap("R10 cannot be written");
    switch (classOf(opcode)) {
      case Class.ALU:
      case Class.ALU64:
        return this.#arithmetic(instruction, next);
      case Class.JMP:
      case Class.JMP32:
        return this.#jump(instruction, index);
      case Class.LD:
        if (isLoadImm64(opcode)) return this.#wide(instruction, index);
        return trap("packet loads of classic BPF are not simulated: load through the context's data pointer");
      case Class.LDX:
        return this.#load(instruction, next);
      default:
        return this.#store(instruction, next);
    }
  }

  #arithmetic(instruction: Instruction, next: number): Step | undefined {
    const { registers } = this.#machine;
    const { opcode, dst, offset, imm } = instruction;
    const op = opcode & 0xf0;
    const width = classOf(opcode) === Class.ALU64 ? 64 : 32;
    if (op === AluOp.END) {
      const bits = Number(imm);
      if (bits !== 16 && bits !== 32 && bits !== 64) return undefined;
      return byteOrder(registers, dst, bits, width === 64 || (opcode & Source.X) !== 0, next);
    }
    const second = this.#second(instruction);
    if (op === AluOp.MOV && offset !== 0) return moveSignExtended(registers, width, dst, second, offset, next);
    return (width === 64 ? alu64 : alu32)(registers, op, dst, second, offset === 1, next);
  }

  /** The register of the second operand: an immediate is one of the constants. */
  #second({ opcode, src, imm }: Instruction): number {
    // An immediate may be written as an unsigned number; on the wire it is signed.
    return (opcode & Source.X) !== 0 ? src : this.#machine.registers.constant(BigInt.asIntN(32, BigInt(imm)));
  }

  #load({ opcode, dst, src, offset }: Instruction, next: number): Step | undefined {
    const { memory, registers } = this.#machine;
    const size = accessSize(opcode);
    const mode = modeOf(opcode);
    if (mode !== Mode.MEM && (mode !== Mode.MEMSX || size === 8)) return undefined;
    const step = (mode === Mode.MEM ? load : loadSignExtended)(
      memory,
      registers,
      size,
      dst,
      { base: src, offset },
      next,
    );
    return this.#typedPointers ? orZero(step, registers, dst, next) : step;
  }

  #store(instruction: Instruction, next: number): Step | undefined {
    const { memory, registers } = this.#machine;
    const { opcode, dst, src, offset, imm } = instruction;
    const size = accessSize(opcode);
    const to = { base: dst, offset };
    if (modeOf(opcode) === Mode.MEM) {
      const value = classOf(opcode) === Class.ST ? registers.constant(BigInt.asIntN(32, BigInt(imm))) : src;
      return store(memory, registers, size, value, to, next);
    }
    if (modeOf(opcode) !== Mode.ATOMIC || classOf(opcode) !== Class.STX) return undefined;
    const op = Number(imm);
    if (op === AtomicOp.LOAD_ACQ) return atomic(memory, registers, op, size, dst, { base: src, offset }, next);
    return atomic(memory, registers, op, size, src, to, next);
  }

  #jump(instruction: Instruction, index: number): Step | undefined {
    const { registers } = this.#machine;
    const { opcode, dst, offset, imm } = instruction;
    const op = opcode & 0xf0;
    const is64 = classOf(opcode) === Class.JMP;
    const next = index + 1;
    if (op === JumpOp.JA) {
      const taken = this.#target(index, is64 ? offset : Number(imm));
      return () => taken;
    }
    if (!is64 || (op !== JumpOp.CALL && op !== JumpOp.EXIT && op !== JumpOp.JCOND)) {
      return (is64 ? jump64 : jump32)(registers, op, dst, this.#second(instruction), this.#target(index, offset), next);
    }
    if (op === JumpOp.CALL) return this.#call(instruction, index);
    if (op === JumpOp.EXIT) return () => EXIT;
    const machine = this.#machine;
    const taken = this.#target(index, offset);
    return () => (machine.mayGotoIsOver() ? taken : next);
  }

  #call({ src, imm, ref }: Instruction, index: number): Step {
    const machine = this.#machine;
    const next = index + 1;
    if (src === Pseudo.CALL) {
      const callee = this.#target(index, Number(imm));
      const code = this.#code;
      return () => {
        machine.call(code, callee);
        return next;
      };
    }
    const id = Number(imm);
    const symbol = ref?.kind === "ksym" ? ref.symbol : undefined;
    if (src !== 0 && symbol === undefined) return trap(`kernel function #${imm} is not simulated`);
    const helper = symbol === undefined ? this.#linker.helper(id) : this.#linker.kernelFunction(symbol);
    if (helper === undefined) {
      if (symbol !== undefined) return trap(`the kernel function ${symbol} is not simulated`);
      const name = helperName(id);
      const known =
        name === undefined
          ? `there is no helper ${id}`
          : `the helper bpf_${name} is not simulated; give it in the option "helpers"`;
      return trap(known);
    }
    const { registers } = machine;
    const { u64 } = registers;
    return () => {
      const answer = helper();
      if (answer === TAKEN_OVER) {
        // The other program gets the context, and nothing else.
        registers.poison(R0, R0);
        registers.poison(R2, R9);
        return TAIL_CALL;
      }
      u64[R0] = answer;
      registers.poison(R1, R5);
      return next;
    };
  }

  /** `lddw`: a number, or the address of what it names. */
  #wide(instruction: Instruction, index: number): Step | undefined {
    const { registers } = this.#machine;
    const value = registers.constant(this.#wideValue(instruction, index));
    return alu64(registers, AluOp.MOV, instruction.dst, value, false, index + 1);
  }

  #wideValue({ src, imm, ref }: Instruction, index: number): bigint {
    if (ref?.kind === "map") return this.#linker.map(ref.map);
    if (ref?.kind === "mapValue") return this.#linker.mapValue(ref.map) + BigInt(ref.offset);
    if (src === Pseudo.FUNC)
      return this.#linker.function(this.#code, this.#target(index, Number(BigInt.asIntN(32, BigInt(imm)))));
    if (src === 0) return BigInt(imm);
    const what = src === Pseudo.BTF_ID ? `kernel variable [${imm}]` : `map of descriptor ${BigInt(imm) & 0xffff_ffffn}`;
    throw new VmError(
      `program '${this.#code.name}', slot ${this.#code.layout.slots[index]}: the ${what} has no name, and only a kernel knows it`,
    );
  }

  /** The instruction so many slots after the end of this one. */
  #target(index: number, distance: number): number {
    const { name, layout } = this.#code;
    const slot = layout.slots[index]! + 1 + distance;
    const target = findSlot(layout.slots, slot);
    if (target === undefined) {
      throw new VmError(
        `program '${name}', slot ${layout.slots[index]}: slot ${slot}, where it goes, begins no instruction`,
      );
    }
    return target;
  }
}

function writesRegister(opcode: number): boolean {
  const klass = classOf(opcode);
  return klass === Class.ALU || klass === Class.ALU64 || klass === Class.LDX || isLoadImm64(opcode);
}

function modeOf(opcode: number): number {
  return opcode & 0xe0;
}

/** Index of a slot in the ascending list of first slots. */
function findSlot(slots: Int32Array, slot: number): number | undefined {
  let [low, high] = [0, slots.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (slots[middle] === slot) return middle;
    if (slots[middle]! < slot) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}
