/** Emission: registers and homes filled in, copies to oneself dropped, blocks joined by as few jumps as the order allows. */
import { exit, jump, JumpOp, mov64Imm } from "@sonde/bpf/asm";
import type { Instruction, SourcePosition } from "@sonde/bpf/asm";
import type { Allocation } from "./allocate.ts";
import { FIRST_VIRTUAL, isCopy } from "./machine.ts";
import type { MachineBlock, MachineFunction, MachineInst } from "./machine.ts";

/** The first instruction is labelled with the function's name. */
export function emit(machine: MachineFunction, allocation: Allocation): Instruction[] {
  return new Emission(machine, allocation).run();
}

/** Opcode operation of the opposite comparison; JSET has none. */
const OPPOSITE: ReadonlyMap<number, number> = new Map([
  [JumpOp.JEQ, JumpOp.JNE],
  [JumpOp.JNE, JumpOp.JEQ],
  [JumpOp.JGT, JumpOp.JLE],
  [JumpOp.JLE, JumpOp.JGT],
  [JumpOp.JGE, JumpOp.JLT],
  [JumpOp.JLT, JumpOp.JGE],
  [JumpOp.JSGT, JumpOp.JSLE],
  [JumpOp.JSLE, JumpOp.JSGT],
  [JumpOp.JSGE, JumpOp.JSLT],
  [JumpOp.JSLT, JumpOp.JSGE],
]);

type Emitted = { -readonly [K in keyof Instruction]: Instruction[K] };

class Emission {
  readonly #machine: MachineFunction;
  readonly #allocation: Allocation;
  readonly #out: Emitted[] = [];
  /** By block index: where its code starts. A block may turn out to have none: then where the next one's does. */
  readonly #starts: Int32Array;
  readonly #jumps: { readonly instruction: Emitted; readonly to: MachineBlock }[] = [];

  constructor(machine: MachineFunction, allocation: Allocation) {
    this.#machine = machine;
    this.#allocation = allocation;
    this.#starts = new Int32Array(machine.blocks.length);
  }

  run(): Instruction[] {
    const { blocks, name } = this.#machine;
    for (const block of blocks) block.insts = block.insts.filter((inst) => !this.#isVoid(inst));
    const kept = blocks.filter((block) => block.index === 0 || !isPassage(block));
    for (const [index, block] of kept.entries()) {
      this.#starts[block.index] = this.#out.length;
      for (const inst of block.insts) this.#emit(inst);
      this.#leave(block, kept[index + 1]);
    }
    this.#out[0]!.label = name;
    for (const { instruction, to } of this.#jumps) {
      const target = this.#out[this.#starts[to.index]!]!;
      target.label ??= `${name}.${to.index}`;
      instruction.ref = { kind: "jump", label: target.label };
    }
    return this.#out;
  }

  #leave(block: MachineBlock, next: MachineBlock | undefined): void {
    const { exit: end } = block;
    if (end.kind === "return") return this.#push(exit(), end.source);
    if (end.kind === "jump") return this.#goto(destination(end.to), next, end.source);
    const then = destination(end.then);
    const otherwise = destination(end.otherwise);
    if (then === otherwise) return this.#goto(then, next, end.test.source);
    const opposite = OPPOSITE.get(end.test.opcode & 0xf0);
    if (then === next && opposite !== undefined) {
      return this.#jump(
        { ...this.#bare(end.test), opcode: (end.test.opcode & 0x0f) | opposite },
        otherwise,
        end.test.source,
      );
    }
    this.#jump(this.#bare(end.test), then, end.test.source);
    this.#goto(otherwise, next, end.test.source);
  }

  #goto(to: MachineBlock, next: MachineBlock | undefined, source: SourcePosition | undefined): void {
    if (to !== next) this.#jump(jump(""), to, source);
  }

  #jump(instruction: Emitted, to: MachineBlock, source: SourcePosition | undefined): void {
    this.#jumps.push({ instruction, to });
    this.#push(instruction, source);
  }

  #emit(inst: MachineInst): void {
    if (inst.result !== undefined) return this.#emitResult(inst, this.#physical(inst.result));
    const instruction = this.#bare(inst);
    if (inst.home !== undefined) instruction.offset += this.#allocation.homes.get(inst.home)!;
    if (inst.ref !== undefined) instruction.ref = inst.ref;
    this.#push(instruction, inst.source);
  }

  /** 1 if the jump over the 0 is taken. */
  #emitResult(inst: MachineInst, result: number): void {
    this.#push(mov64Imm(result, 1), inst.source);
    this.#push({ ...this.#bare(inst), offset: 1 }, inst.source);
    this.#push(mov64Imm(result, 0), inst.source);
  }

  #bare({ opcode, dst, src, offset, imm }: MachineInst): Emitted {
    return { opcode, dst: this.#physical(dst), src: this.#physical(src), offset, imm };
  }

  #push(instruction: Emitted, source: SourcePosition | undefined): void {
    if (source !== undefined) instruction.source = source;
    this.#out.push(instruction);
  }

  #physical(register: number): number {
    return register < FIRST_VIRTUAL ? register : this.#allocation.registers[register]!;
  }

  /** A copy between registers that turned out to be one. */
  #isVoid(inst: MachineInst): boolean {
    return isCopy(inst) && this.#physical(inst.dst) === this.#physical(inst.src);
  }
}

/** A block that does nothing but jump on. */
function isPassage(block: MachineBlock): boolean {
  return block.insts.length === 0 && block.exit.kind === "jump" && destination(block) !== block;
}

/** Where a jump to this block ends up. A loop of empty blocks stays where it is. */
function destination(block: MachineBlock): MachineBlock {
  let at = block;
  let slow = block;
  for (let steps = 0; at.insts.length === 0 && at.exit.kind === "jump" && at.index !== 0; steps++) {
    at = at.exit.to;
    if (steps % 2 === 1 && slow.exit.kind === "jump") slow = slow.exit.to;
    if (at === slow) return block;
  }
  return at;
}
