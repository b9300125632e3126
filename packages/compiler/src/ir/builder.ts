/**
 * Builds one function: instructions are appended to a current block, control flow is made from
 * blocks or from the structured shorthands, and mutable variables become phis by themselves.
 */
import type { CoreRelocation, SourcePosition } from "@sonde/bpf/asm";
import { removeTrivialPhis, removeUnreachable } from "./edges.ts";
import type {
  AccessSize,
  BinaryOp,
  Block,
  CompareOp,
  Func,
  Inst,
  Phi,
  Provenance,
  Terminator,
  ValueType,
  Width,
} from "./ir.ts";
import { joinedType, pointerTo, SCALAR } from "./values.ts";
import { Variables } from "./variables.ts";
import type { VariableRef } from "./variables.ts";

export interface Condition {
  readonly kind: CompareOp;
  readonly a: Inst;
  readonly b: Inst;
  /** 64 if not given. */
  readonly width?: Width;
}

export interface LoadOptions {
  readonly signed?: boolean;
  readonly core?: CoreRelocation;
  readonly volatile?: boolean;
  /** Scalar if not given. */
  readonly type?: ValueType;
}

type WithoutBase<I> = I extends Inst ? Omit<I, "id" | "type" | "block" | "source"> : never;
type Parts = WithoutBase<Inst>;

export class FunctionBuilder {
  readonly func: Func;
  /** Given to everything made from now on. */
  source: SourcePosition | undefined;
  /** Hears of each call of a helper, and may build on what it answers. */
  onCall: ((helper: number, answer: Inst) => void) | undefined;
  #current: Block;
  readonly #variables: Variables;
  readonly #constants = new Map<bigint, Inst>();
  #context: Inst | undefined;
  readonly #params: Inst[] = [];

  constructor(name: string, kind: Func["kind"], params: readonly ValueType[]) {
    const entry: Block = { id: 0, name: "entry", insts: [], terminator: undefined, predecessors: [] };
    this.func = { name, kind, params, entry, blocks: [entry], nextId: 1 };
    this.#current = entry;
    this.#variables = new Variables({
      makePhi: (block) => this.#makePhi(block),
      unwritten: () => this.constant(0),
    });
    this.#variables.seal(entry);
    if (kind === "main") return;
    for (const [index, type] of params.entries()) this.#params.push(this.#add({ op: "param", index }, type));
  }

  get current(): Block {
    return this.#current;
  }

  /** Whether the current block has ended: nothing can be added until another one is entered. */
  get terminated(): boolean {
    return this.#current.terminator !== undefined;
  }

  /** A new, unsealed, empty block. */
  block(name: string): Block {
    const block: Block = { id: this.func.nextId++, name, insts: [], terminator: undefined, predecessors: [] };
    this.func.blocks.push(block);
    return block;
  }

  /** Continues building there. */
  enter(block: Block): void {
    this.#current = block;
  }

  /** All predecessors of the block are known now. The entry is sealed from the start; finish() seals the rest. */
  seal(block: Block): void {
    this.#variables.seal(block);
  }

  /** Negative numbers are wrapped to unsigned 64. */
  constant(value: bigint | number): Inst {
    const wrapped = BigInt.asUintN(64, BigInt(value));
    let inst = this.#constants.get(wrapped);
    if (inst === undefined) {
      inst = this.#float({ op: "const", value: wrapped }, SCALAR);
      this.#constants.set(wrapped, inst);
    }
    return inst;
  }

  context(): Inst {
    if (this.func.kind !== "main") throw new Error(`${this.func.name}: only a main function has a context`);
    if (this.#context === undefined) {
      this.#context = this.#make({ op: "context" }, pointerTo("context"), this.func.entry);
      this.func.entry.insts.unshift(this.#context);
    }
    return this.#context;
  }

  /** Of a subprogram or callback; a main function has its context. */
  param(index: number): Inst {
    const param = this.#params[index];
    if (param === undefined) throw new Error(`${this.func.name}: no parameter ${index}, only ${this.#params.length}`);
    return param;
  }

  /** Adding a scalar to a pointer, or taking one from it, gives a pointer of the same provenance. */
  binary(kind: BinaryOp, a: Inst, b: Inst, width: Width = 64): Inst {
    let type = SCALAR;
    if (width === 64 && (kind === "add" || kind === "sub")) {
      if (a.type.kind === "pointer" && b.type.kind === "scalar") type = a.type;
      else if (kind === "add" && b.type.kind === "pointer" && a.type.kind === "scalar") type = b.type;
    }
    return this.#add({ op: "binary", kind, width, a, b }, type);
  }

  extend(a: Inst, bits: 8 | 16 | 32, signed: boolean): Inst {
    return this.#add({ op: "extend", bits, signed, a }, SCALAR);
  }

  byteSwap(a: Inst, bits: 16 | 32 | 64): Inst {
    return this.#add({ op: "byteSwap", bits, a }, SCALAR);
  }

  compare(kind: CompareOp, a: Inst, b: Inst, width: Width = 64): Inst {
    return this.#add({ op: "compare", kind, width, a, b }, SCALAR);
  }

  load(base: Inst, offset: number, size: AccessSize, options?: LoadOptions): Inst {
    const { signed = false, core, volatile = false, type = SCALAR } = options ?? {};
    return this.#add({ op: "load", size, signed, base, offset, core, volatile }, type);
  }

  store(base: Inst, offset: number, size: AccessSize, value: Inst): void {
    this.#add({ op: "store", size, base, offset, value }, SCALAR);
  }

  atomicAdd(base: Inst, offset: number, size: 4 | 8, value: Inst): void {
    this.#add({ op: "atomicAdd", size, base, offset, value }, SCALAR);
  }

  /** Every call makes a new slot; inside a loop it is the same one in each turn. */
  slot(bytes: number, name: string): Inst {
    return this.#float({ op: "slot", bytes, name }, pointerTo("stack"));
  }

  zero(base: Inst, offset: number, bytes: number): void {
    this.#add({ op: "zero", base, offset, bytes }, SCALAR);
  }

  copy(to: Inst, toOffset: number, from: Inst, fromOffset: number, bytes: number, align: 1 | 2 | 4 | 8 = 8): void {
    this.#add({ op: "copy", to, toOffset, from, fromOffset, bytes, align }, SCALAR);
  }

  map(name: string): Inst {
    return this.#float({ op: "mapHandle", map: name }, pointerTo("map"));
  }

  mapValue(name: string, offset: number): Inst {
    return this.#float({ op: "mapValue", map: name, offset }, pointerTo("mapValue"));
  }

  core(core: CoreRelocation, fallback: number): Inst {
    return this.#float({ op: "coreValue", core, fallback }, SCALAR);
  }

  /** The type is the helper's own where it returns a pointer that the verifier knows, scalar otherwise. */
  call(helper: number, args: Inst[], type: ValueType = returnType(helper)): Inst {
    const answer = this.#add({ op: "call", helper, args }, type);
    this.onCall?.(helper, answer);
    return answer;
  }

  callFunction(callee: string, args: Inst[]): Inst {
    return this.#add({ op: "callFunction", callee, args }, SCALAR);
  }

  callKernel(callee: string, args: Inst[], type: ValueType = SCALAR): Inst {
    return this.#add({ op: "callKernel", callee, args }, type);
  }

  functionAddress(callee: string): Inst {
    return this.#float({ op: "functionAddress", callee }, SCALAR);
  }

  jump(target: Block): void {
    this.#terminate({ op: "jump", target, source: this.source });
    this.#connect(target);
  }

  branch(condition: Condition, then: Block, otherwise: Block, likely?: boolean): void {
    const { kind, a, b, width = 64 } = condition;
    const branch = { op: "branch", kind, width, a, b, then, otherwise, source: this.source } as const;
    this.#terminate(likely === undefined ? branch : { ...branch, likely });
    this.#connect(then);
    this.#connect(otherwise);
  }

  return(value: Inst): void {
    this.#terminate({ op: "return", value, source: this.source });
  }

  /** A mutable variable; read where nothing was written, it is 0. */
  variable(name: string): VariableRef {
    return { name, definitions: new Map() };
  }

  write(variable: VariableRef, value: Inst): void {
    variable.definitions.set(this.#current, value);
  }

  read(variable: VariableRef): Inst {
    return this.#variables.read(variable, this.#current);
  }

  /**
   * `if`: builds each side in a block of its own and continues where they join. A side may terminate;
   * if both do, the builder is left terminated.
   */
  when(condition: Condition, then: () => void, otherwise?: () => void, likely?: boolean): void {
    const thenBlock = this.block("then");
    const join = this.block("join");
    const elseBlock = otherwise === undefined ? join : this.block("else");
    this.branch(condition, thenBlock, elseBlock, likely);
    this.#side(thenBlock, join, then);
    if (otherwise !== undefined) this.#side(elseBlock, join, otherwise);
    this.seal(join);
    if (join.predecessors.length > 0) this.enter(join);
  }

  /** Tests a look-up's or reservation's result; `then` gets it as a pointer that is not null. */
  ifNonNull(pointer: Inst, to: Provenance, then: (refined: Inst) => void, otherwise?: () => void): void {
    this.when(
      { kind: "ne", a: pointer, b: this.constant(0) },
      () => then(this.#add({ op: "refine", a: pointer }, pointerTo(to))),
      otherwise,
      true,
    );
  }

  /** The same pointer where a branch has proved that it is not null; the current block must be behind that branch. */
  refine(pointer: Inst, to: Provenance): Inst {
    return this.#add({ op: "refine", a: pointer }, pointerTo(to));
  }

  /** Seals what is left and checks that every block that can be reached is terminated. */
  finish(): Func {
    for (const block of this.func.blocks) this.seal(block);
    removeUnreachable(this.func);
    for (const block of this.func.blocks) {
      if (block.terminator === undefined)
        throw new Error(`${this.func.name}: block ${block.name} (b${block.id}) does not end`);
    }
    removeTrivialPhis(this.func);
    this.#settlePhiTypes();
    return this.func;
  }

  #side(block: Block, join: Block, build: () => void): void {
    this.seal(block);
    this.enter(block);
    build();
    if (!this.terminated) this.jump(join);
  }

  /** A phi made before its inputs were known learns their type now. */
  #settlePhiTypes(): void {
    for (let again = true; again;) {
      again = false;
      for (const { insts } of this.func.blocks) {
        for (const inst of insts) {
          if (inst.op !== "phi") break;
          const type = joinedType(inst);
          if (inst.type.kind !== "scalar" || type.kind === "scalar") continue;
          inst.type = type;
          again = true;
        }
      }
    }
  }

  #makePhi(block: Block): Phi {
    const phi = this.#make({ op: "phi", inputs: [] }, SCALAR, block) as Phi;
    let at = 0;
    while (block.insts[at]?.op === "phi") at++;
    block.insts.splice(at, 0, phi);
    return phi;
  }

  #connect(target: Block): void {
    if (this.#variables.isSealed(target))
      throw new Error(`${this.func.name}: block ${target.name} (b${target.id}) is sealed and gets another predecessor`);
    target.predecessors.push(this.#current);
  }

  #terminate(terminator: Terminator): void {
    this.#checkOpen();
    this.#current.terminator = terminator;
  }

  #checkOpen(): void {
    if (this.terminated) {
      throw new Error(
        `${this.func.name}: block ${this.#current.name} (b${this.#current.id}) has ended already; enter another one first`,
      );
    }
  }

  #add(parts: Parts, type: ValueType): Inst {
    this.#checkOpen();
    const inst = this.#make(parts, type, this.#current);
    this.#current.insts.push(inst);
    return inst;
  }

  #float(parts: Parts, type: ValueType): Inst {
    return this.#make(parts, type, this.func.entry);
  }

  #make(parts: Parts, type: ValueType, block: Block): Inst {
    return { ...parts, id: this.func.nextId++, type, block, source: this.source };
  }
}

function returnType(helper: number): ValueType {
  switch (helper) {
    case 1: // map_lookup_elem
    case 195: // map_lookup_percpu_elem
      return pointerTo("mapValueOrNull");
    case 131: // ringbuf_reserve
      return pointerTo("recordOrNull");
    case 158: // get_current_task_btf
    case 175: // task_pt_regs
      return pointerTo("trusted");
    default:
      return SCALAR;
  }
}
