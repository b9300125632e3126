/** Moves registers to homes in the frame: each use fetches the value, each write stores it. */
import { AluOp, Class, load, R10, store, storeImm } from "@sonde/bpf/asm";
import { effects, isCopy, READS_DST, READS_SRC, WRITES_DST } from "./machine.ts";
import type { MachineBlock, MachineFunction, MachineInst } from "./machine.ts";

const MOV64_IMM: number = Class.ALU64 | AluOp.MOV;

/** Rewrites every instruction that touches one of the registers. */
export function spill(machine: MachineFunction, registers: ReadonlySet<number>): void {
  for (const block of machine.blocks) new Rewriting(machine, registers, block).run();
}

class Rewriting {
  readonly #machine: MachineFunction;
  readonly #registers: ReadonlySet<number>;
  readonly #block: MachineBlock;
  readonly #out: MachineInst[] = [];

  constructor(machine: MachineFunction, registers: ReadonlySet<number>, block: MachineBlock) {
    this.#machine = machine;
    this.#registers = registers;
    this.#block = block;
  }

  run(): void {
    const block = this.#block;
    for (const inst of block.insts) this.#rewrite(inst);
    if (block.exit.kind === "branch") this.#fetch(block.exit.test);
    block.insts = this.#out;
  }

  #rewrite(inst: MachineInst): void {
    const { dst, src } = inst;
    const toHome = this.#registers.has(dst);
    if (isCopy(inst)) {
      const fromHome = this.#registers.has(src);
      if (fromHome && !toHome) return this.#push(fetchFrom(src, dst), inst);
      if (toHome && !fromHome) return this.#push(storeTo(dst, src), inst);
    } else if (toHome && inst.opcode === MOV64_IMM && inst.ref === undefined) {
      return this.#push({ ...storeImm(8, R10, 0, inst.imm as number), home: dst }, inst);
    }
    this.#fetch(inst);
    this.#out.push(inst);
    if ((effects(inst.opcode) & WRITES_DST) !== 0 && toHome) {
      if (inst.dst === dst) inst.dst = this.#pin();
      this.#push(storeTo(dst, inst.dst), inst);
    }
    const { result } = inst;
    if (result !== undefined && this.#registers.has(result)) {
      inst.result = this.#pin();
      this.#push(storeTo(result, inst.result), inst);
    }
  }

  /** Puts fetches before an instruction and makes it read what they fetched. */
  #fetch(inst: MachineInst): void {
    const flags = effects(inst.opcode);
    const { dst, src } = inst;
    if ((flags & READS_DST) !== 0 && this.#registers.has(dst)) {
      inst.dst = this.#pin();
      this.#push(fetchFrom(dst, inst.dst), inst);
    }
    if ((flags & READS_SRC) !== 0 && this.#registers.has(src)) {
      if (src === dst && (flags & READS_DST) !== 0) inst.src = inst.dst;
      else {
        inst.src = this.#pin();
        this.#push(fetchFrom(src, inst.src), inst);
      }
    }
  }

  #pin(): number {
    const register = this.#machine.nextRegister++;
    this.#machine.pinned.add(register);
    return register;
  }

  #push(inst: MachineInst, like: MachineInst): void {
    if (like.source !== undefined) inst.source = like.source;
    this.#out.push(inst);
  }
}

function fetchFrom(home: number, register: number): MachineInst {
  return { ...load(8, register, R10, 0), home };
}

function storeTo(home: number, register: number): MachineInst {
  return { ...store(8, R10, 0, register), home };
}
