/**
 * Instruction selection: one block of the intermediate form at a time becomes BPF instructions on
 * virtual registers. Constants and offsets are folded into the instructions that use them; a value
 * that costs one instruction to make is made again at each use rather than kept.
 */
import {
  alu,
  aluImm,
  atomicAdd,
  byteSwap,
  callHelper,
  callKernelFunction,
  callSubprogram,
  jumpIf,
  jumpIfImm,
  load,
  loadFunction,
  loadImm64,
  loadMap,
  loadMapValue,
  mov32,
  mov32Imm,
  mov64,
  mov64Imm,
  R0,
  R1,
  R10,
  store,
  storeImm,
} from "@sonde/bpf/asm";
import type { Comparison, SourcePosition } from "@sonde/bpf/asm";
import { isCommutative, MIRRORED } from "../ir/arithmetic.ts";
import { phiCount, reversePostorder } from "../ir/edges.ts";
import type {
  Binary,
  BinaryOp,
  Block,
  Compare,
  CompareOp,
  Func,
  Inst,
  MapValue,
  Phi,
  Terminator,
  Width,
} from "../ir/ir.ts";
import { countUses, isFloating } from "../ir/values.ts";
import { sequence } from "./copies.ts";
import type { RegisterCopy } from "./copies.ts";
import { frameAddress, layOutFrame } from "./frame.ts";
import type { Frame } from "./frame.ts";
import { FIRST_VIRTUAL } from "./machine.ts";
import type { MachineBlock, MachineFunction, MachineInst } from "./machine.ts";
import { layOut } from "./order.ts";

type AluName = "ADD" | "SUB" | "MUL" | "DIV" | "MOD" | "AND" | "OR" | "XOR" | "LSH" | "RSH" | "ARSH";

const ALU: Readonly<Record<Exclude<BinaryOp, "sdiv" | "smod">, AluName>> = {
  add: "ADD",
  sub: "SUB",
  mul: "MUL",
  udiv: "DIV",
  umod: "MOD",
  and: "AND",
  or: "OR",
  xor: "XOR",
  shl: "LSH",
  lshr: "RSH",
  ashr: "ARSH",
};

const JUMP: Readonly<Record<CompareOp, Comparison>> = {
  eq: "JEQ",
  ne: "JNE",
  ult: "JLT",
  ule: "JLE",
  ugt: "JGT",
  uge: "JGE",
  slt: "JSLT",
  sle: "JSLE",
  sgt: "JSGT",
  sge: "JSGE",
  test: "JSET",
};

/** What an access's 16-bit offset reaches, with room for the access itself. */
const MAP_VALUE_REACH = 0x7ff0;

const LIKELY_WEIGHT = 8;
const UNLIKELY_WEIGHT = 1;
const LOOP_WEIGHT = 10;

/** The function must have no critical edges into phis and nothing that lowering expands. */
export function select(func: Func): MachineFunction {
  return new Selection(func).run();
}

class Selection {
  readonly #func: Func;
  readonly #order: readonly Block[];
  readonly #frame: Frame;
  readonly #machine: MachineFunction;
  /** By block id. */
  readonly #blocks: MachineBlock[] = [];
  /** The virtual register of each value, by id; 0 while it has none. */
  readonly #registers: Int32Array;
  readonly #uses: Int32Array;
  #insts: MachineInst[] = [];
  /** Addresses of maps' values that a register holds since the block began or a call was made. */
  readonly #mapValues = new Map<string, { readonly register: number; readonly offset: number }>();
  #source: SourcePosition | undefined;

  constructor(func: Func) {
    this.#func = func;
    const postorder = reversePostorder(func);
    const { blocks, cold } = layOut(func, postorder);
    this.#order = blocks;
    this.#frame = layOutFrame(func, postorder);
    this.#registers = new Int32Array(func.nextId);
    this.#uses = countUses(func);
    this.#machine = {
      name: func.name,
      blocks: [],
      nextRegister: FIRST_VIRTUAL,
      pinned: new Set(),
      frameSize: this.#frame.size,
    };
    for (const [index, block] of blocks.entries()) {
      const weight = index < cold ? LIKELY_WEIGHT : UNLIKELY_WEIGHT;
      const machine: MachineBlock = { index, insts: [], exit: { kind: "return", source: undefined }, weight };
      this.#blocks[block.id] = machine;
      this.#machine.blocks.push(machine);
    }
  }

  run(): MachineFunction {
    for (const block of this.#order) {
      const machine = this.#blocks[block.id]!;
      this.#insts = machine.insts;
      this.#mapValues.clear();
      for (const inst of block.insts) this.#select(inst);
      this.#terminate(block, block.terminator!, machine);
    }
    weighLoops(this.#machine);
    return this.#machine;
  }

  #select(inst: Inst): void {
    this.#source = inst.source;
    switch (inst.op) {
      case "context":
        return this.#push(mov64(this.#register(inst), R1));
      case "param":
        return this.#push(mov64(this.#register(inst), R1 + inst.index));
      case "binary":
        return this.#binary(inst);
      case "extend": {
        const dst = this.#register(inst);
        const from = this.#read(inst.a);
        if (inst.bits === 32 && !inst.signed) return this.#push(mov32(dst, from));
        this.#push(mov64(dst, from));
        if (!inst.signed) return this.#push(aluImm("AND", 64, dst, inst.bits === 8 ? 0xff : 0xffff));
        return this.#signExtend(dst, inst.bits);
      }
      case "byteSwap": {
        const dst = this.#register(inst);
        this.#move(dst, inst.a);
        // Every BPF target of ours is little-endian, so "to big-endian" reverses.
        return this.#push(byteSwap("be", dst, inst.bits));
      }
      case "compare": {
        const test = this.#test(inst);
        test.result = this.#register(inst);
        return this.#push(test);
      }
      case "load": {
        const dst = this.#register(inst);
        const { register, offset } = this.#address(inst.base, inst.offset);
        const instruction: MachineInst = load(inst.size, dst, register, offset);
        if (inst.core !== undefined) instruction.ref = { kind: "core", relocation: inst.core };
        this.#push(instruction);
        if (inst.signed && inst.size < 8) this.#signExtend(dst, inst.size * 8);
        return;
      }
      case "store": {
        const { register, offset } = this.#address(inst.base, inst.offset);
        const { value } = inst;
        if (value.op === "const") {
          const low = BigInt.asIntN(inst.size * 8, value.value);
          if (fits32(low)) return this.#push(storeImm(inst.size, register, offset, Number(low)));
        }
        return this.#push(store(inst.size, register, offset, this.#read(value)));
      }
      case "atomicAdd": {
        const { register, offset } = this.#address(inst.base, inst.offset);
        return this.#push(atomicAdd(inst.size, register, offset, this.#read(inst.value)));
      }
      case "call":
        return this.#call(inst, callHelper(inst.helper), inst.args);
      case "callFunction":
        return this.#call(inst, callSubprogram(inst.callee), inst.args);
      case "callKernel":
        return this.#call(inst, callKernelFunction(inst.callee), inst.args);
      case "refine":
        this.#registers[inst.id] = this.#register(inst.a);
        return;
      case "phi":
        return;
      case "zero":
      case "copy":
        throw new Error(`${this.#func.name}: ${inst.op} v${inst.id} must be expanded before selection`);
      default:
        throw new Error(`${this.#func.name}: ${inst.op} stands in a block`);
    }
  }

  #binary(inst: Binary): void {
    const { kind, width } = inst;
    if (kind === "sdiv" || kind === "smod")
      throw new Error(`${this.#func.name}: ${inst.op} v${inst.id} must be expanded before selection`);
    if (frameAddress(inst) !== undefined) return;
    const dst = this.#register(inst);
    let { a, b } = inst;
    // The operand whose last use this is gives up its register to the result.
    if (isCommutative(kind) && (isFloating(a) || (!isFloating(b) && this.#uses[b.id] === 1 && this.#uses[a.id]! > 1)))
      [a, b] = [b, a];
    if (width === 64 && b.op === "coreValue") {
      this.#move(dst, a);
      return this.#push({ ...aluImm(ALU[kind], 64, dst, b.fallback), ref: { kind: "core", relocation: b.core } });
    }
    const imm = this.#immediate(b, width);
    if (imm === undefined || (imm === 0 && (kind === "udiv" || kind === "umod"))) {
      const from = this.#read(b);
      this.#move(dst, a);
      return this.#push(alu(ALU[kind], width, dst, from));
    }
    const shift = kind === "shl" || kind === "lshr" || kind === "ashr";
    this.#move(dst, a);
    this.#push(aluImm(ALU[kind], width, dst, shift ? imm & (width - 1) : imm));
  }

  #signExtend(register: number, bits: number): void {
    this.#push(aluImm("LSH", 64, register, 64 - bits));
    this.#push(aluImm("ARSH", 64, register, 64 - bits));
  }

  #call(inst: Inst, call: MachineInst, args: readonly Inst[]): void {
    for (const [index, arg] of args.entries()) this.#move(R1 + index, arg);
    call.args = args.length;
    this.#push(call);
    this.#mapValues.clear();
    if (this.#uses[inst.id]! > 0) this.#push(mov64(this.#register(inst), R0));
  }

  /** A comparison as a conditional jump, without its target. */
  #test({ kind, width, a, b }: Pick<Compare, "kind" | "width" | "a" | "b">): MachineInst {
    if (this.#immediate(a, width) !== undefined && this.#immediate(b, width) === undefined) {
      return this.#test({ kind: MIRRORED[kind], width, a: b, b: a });
    }
    const left = this.#read(a);
    const imm = this.#immediate(b, width);
    if (imm !== undefined) return jumpIfImm(JUMP[kind], width, left, imm, "");
    return jumpIf(JUMP[kind], width, left, this.#read(b), "");
  }

  #terminate(block: Block, terminator: Terminator, machine: MachineBlock): void {
    this.#source = terminator.source;
    switch (terminator.op) {
      case "return":
        this.#move(R0, terminator.value);
        machine.exit = { kind: "return", source: terminator.source };
        return;
      case "jump":
        this.#copyIntoPhis(block, terminator.target);
        machine.exit = { kind: "jump", to: this.#blocks[terminator.target.id]!, source: terminator.source };
        return;
      case "branch": {
        const test = this.#test(terminator);
        if (this.#source !== undefined) test.source = this.#source;
        machine.exit = {
          kind: "branch",
          test,
          then: this.#blocks[terminator.then.id]!,
          otherwise: this.#blocks[terminator.otherwise.id]!,
        };
      }
    }
  }

  #copyIntoPhis(from: Block, to: Block): void {
    const count = phiCount(to);
    if (count === 0) return;
    const index = to.predecessors.indexOf(from);
    const copies: RegisterCopy[] = [];
    for (let at = 0; at < count; at++) {
      const phi = to.insts[at] as Phi;
      const input = phi.inputs[index]!;
      if (!this.#isRemade(input)) copies.push({ to: this.#register(phi), from: this.#register(input) });
    }
    sequence(
      copies,
      () => this.#machine.nextRegister++,
      (dst, src) => this.#push(mov64(dst, src)),
    );
    // What is made on the spot reads no register, so it comes after all copies.
    for (let at = 0; at < count; at++) {
      const phi = to.insts[at] as Phi;
      const input = phi.inputs[index]!;
      if (this.#isRemade(input)) this.#move(this.#register(phi), input);
    }
  }

  #isRemade(value: Inst): boolean {
    return isFloating(value) || frameAddress(value) !== undefined;
  }

  /** The register that keeps a value. A refined pointer stays where the verifier has seen its test. */
  #register(value: Inst): number {
    if (value.op === "refine") return this.#register(value.a);
    let register = this.#registers[value.id]!;
    if (register === 0) {
      register = this.#machine.nextRegister++;
      this.#registers[value.id] = register;
    }
    return register;
  }

  /** A register with the value in it, which the caller must not write. */
  #read(value: Inst): number {
    if (!this.#isRemade(value)) return this.#register(value);
    const register = this.#machine.nextRegister++;
    this.#move(register, value);
    return register;
  }

  #move(dst: number, value: Inst): void {
    const address = frameAddress(value);
    if (address !== undefined) {
      this.#push(mov64(dst, R10));
      return this.#push(aluImm("ADD", 64, dst, this.#frame.offsets[address.slot.id]! + address.offset));
    }
    switch (value.op) {
      case "const":
        return this.#push(constant(dst, value.value));
      case "mapHandle":
        return this.#push(loadMap(dst, value.map));
      case "mapValue":
        return this.#push(loadMapValue(dst, value.map, value.offset));
      case "functionAddress":
        return this.#push(loadFunction(dst, value.callee));
      case "coreValue":
        return this.#push({ ...mov64Imm(dst, value.fallback), ref: { kind: "core", relocation: value.core } });
      default:
        return this.#push(mov64(dst, this.#register(value)));
    }
  }

  /** Base register and offset of an access; places in the frame are relative to R10. */
  #address(base: Inst, offset: number): { register: number; offset: number } {
    const address = frameAddress(base);
    if (address === undefined)
      return base.op === "mapValue" ? this.#inMap(base, offset) : { register: this.#read(base), offset };
    return { register: R10, offset: this.#frame.offsets[address.slot.id]! + address.offset + offset };
  }

  /** An address in a map's value takes two instructions' room, so the next access uses the same register. */
  #inMap(base: MapValue, offset: number): { register: number; offset: number } {
    let known = this.#mapValues.get(base.map);
    if (known === undefined || Math.abs(base.offset - known.offset + offset) >= MAP_VALUE_REACH) {
      known = { register: this.#read(base), offset: base.offset };
      this.#mapValues.set(base.map, known);
    }
    return { register: known.register, offset: base.offset - known.offset + offset };
  }

  /** The constant as the machine's sign-extended 32-bit immediate, if it is one. */
  #immediate(value: Inst, width: Width): number | undefined {
    if (value.op !== "const") return undefined;
    const signed = BigInt.asIntN(width, value.value);
    return fits32(signed) ? Number(signed) : undefined;
  }

  #push(inst: MachineInst): void {
    if (this.#source !== undefined) inst.source = this.#source;
    this.#insts.push(inst);
  }
}

function fits32(value: bigint): boolean {
  return value >= -0x8000_0000n && value <= 0x7fff_ffffn;
}

function constant(dst: number, value: bigint): MachineInst {
  const signed = BigInt.asIntN(64, value);
  if (fits32(signed)) return mov64Imm(dst, Number(signed));
  if (value <= 0xffff_ffffn) return mov32Imm(dst, Number(BigInt.asIntN(32, value)));
  return loadImm64(dst, value);
}

/** A jump back in the order of emission makes everything between weigh more. */
function weighLoops(machine: MachineFunction): void {
  for (const block of machine.blocks) {
    const { exit } = block;
    if (exit.kind === "jump") weighLoop(machine, exit.to, block);
    if (exit.kind === "branch") {
      weighLoop(machine, exit.then, block);
      weighLoop(machine, exit.otherwise, block);
    }
  }
}

function weighLoop(machine: MachineFunction, head: MachineBlock, end: MachineBlock): void {
  if (end.weight === UNLIKELY_WEIGHT) return;
  for (let index = head.index; index <= end.index; index++) machine.blocks[index]!.weight *= LOOP_WEIGHT;
}
