/** One program under construction: the function being built and what is known about the place where building continues. */
import {
  FunctionBuilder,
  type Block,
  type Condition,
  type Func,
  type Inst,
  type Provenance,
  type ValueType,
  type VariableRef,
} from "../../ir/index.ts";
import type { Expr, Span } from "../ast.ts";
import type { CheckedProgram, ProbeVariant, Type } from "../types.ts";
import { Dominance } from "../../lowering/dominance.ts";
import { Helper, RING_NO_WAKEUP } from "../../lowering/helpers.ts";
import { alignUp } from "./layout.ts";
import { reportFailure } from "./helper-errors.ts";
import { recordTooLarge, refuse } from "./messages.ts";
import type { ObjectBuilder } from "./object.ts";

/** A place in memory that programs reach directly: the stack, a map's value, a record. */
export interface Spot {
  readonly base: Inst;
  readonly offset: number;
}

/** Where `break` and `continue` go. */
export interface Loop {
  readonly exit: Block;
  readonly next: Block;
}

/** What a function that is called back knows of its caller. */
export interface Endings {
  readonly context: Inst;
  /** Where the program's scratch memory starts. */
  readonly scratch: Inst;
  usesContext: boolean;
  usesScratch: boolean;
  left: boolean;
  /** Ends the whole program, not just this turn. */
  readonly leave: () => void;
}

/** Something computed in a block, valid wherever every path leads through that block. */
interface Remembered<T> {
  readonly value: T;
  readonly block: Block;
}

/** What temporaries may take of the stack; the rest is for spilled registers. */
const STACK_FOR_SLOTS = 320;
/** The kernel allocates at most this much for one per-CPU value. */
const LARGEST_SCRATCH = 32768;

export class Handler {
  readonly builder: FunctionBuilder;
  readonly object: ObjectBuilder;
  readonly program: CheckedProgram;
  readonly variant: ProbeVariant;
  /** The program's name, unique in the object. */
  readonly name: string;
  /** The loops around the current place, innermost last. */
  readonly loops: Loop[] = [];
  /** Of an iterator's context: the pointers that were tested when the handler began. */
  readonly iteratorFields: Map<string, Inst> = new Map();
  /** The ring-buffer record being filled, which must not be leaked. */
  openRecord: Inst | undefined;
  /** Turns of the plain loops around the current place, multiplied: what the verifier follows one by one. */
  turns = 1;
  /** The function that calls this one back in each turn of a loop; undefined in the program itself. */
  readonly parent: Handler | undefined;
  /** The program itself. */
  readonly root: Handler;
  /** Of the program: the functions that helpers call back, in the order in which they were finished. */
  readonly callbacks: Func[] = [];

  readonly #dominance = new Dominance();
  readonly #variables = new Map<string, VariableRef>();
  /** Without a base: in scratch memory. */
  readonly #memory = new Map<
    string,
    { readonly base: Inst | undefined; readonly offset: number; readonly bytes: number }
  >();
  #slotBytes = 0;
  #scratchBytes = 0;
  readonly #shared = new Map<string, number>();
  #scratch: Remembered<Inst> | undefined;
  #comm: Remembered<Spot> | undefined;
  #zeroIndex: Remembered<Inst> | undefined;
  #word: Inst | undefined;
  #stackForSlots = STACK_FOR_SLOTS;
  #divided = false;
  #temporaries = 0;
  #endings: Endings | undefined;

  constructor(
    name: string,
    object: ObjectBuilder,
    program: CheckedProgram,
    variant: ProbeVariant,
    callback?: { readonly parent: Handler; readonly params: readonly ValueType[] },
  ) {
    this.name = name;
    this.object = object;
    this.program = program;
    this.variant = variant;
    this.parent = callback?.parent;
    this.root = this.parent?.root ?? this;
    this.builder = new FunctionBuilder(name, callback === undefined ? "main" : "callback", callback?.params ?? []);
    if (this.parent !== undefined) this.#stackForSlots = this.parent.#stackForSlots;
  }

  /** A function for a helper to call back, which runs on what this one leaves of the stack. */
  callback(params: readonly ValueType[]): Handler {
    const name = this.object.programName(`${this.root.name}_turn`);
    return new Handler(name, this.object, this.program, this.variant, { parent: this, params });
  }

  /** Functions that call each other back share one stack: each gets a part of it. To be called before anything is built. */
  divideStack(depth: number): void {
    this.#stackForSlots = Math.floor(STACK_FOR_SLOTS / (depth + 1) / 8) * 8 - (depth > 0 ? 32 : 0);
    this.#divided = depth > 0;
  }

  /** The program's context. A function that is called back gets it from its caller. */
  context(): Inst {
    if (this.#endings === undefined) return this.builder.context();
    this.#endings.usesContext = true;
    return this.#endings.context;
  }

  /** How a function that is called back reaches its caller's context, and ends it. */
  set endings(endings: Endings) {
    this.#endings = endings;
  }

  typeOf(expr: Expr): Type {
    const type = this.variant.types.get(expr);
    if (type === undefined)
      throw new Error(`${this.name}: the checker gave no type to the ${expr.kind} at ${expr.span.start}`);
    return type;
  }

  /** Runs `build` with instructions attributed to `span`. */
  at<T>(span: Span, build: () => T): T {
    const { builder } = this;
    const outer = builder.source;
    builder.source = this.object.positions.at(span);
    const result = build();
    builder.source = outer;
    return result;
  }

  constant(value: number | bigint): Inst {
    return this.builder.constant(value);
  }

  /** Continues in `block`, all of whose predecessors are known, and which only code after `before` reaches. */
  enter(block: Block, before: Block): void {
    this.builder.seal(block);
    this.enterUnsealed(block, before);
  }

  /** The same for a loop's head, whose back edge is still to come. */
  enterUnsealed(block: Block, before: Block): void {
    this.builder.enter(block);
    this.#dominance.entered(block, before);
  }

  when(condition: Condition, then: () => void, otherwise?: () => void, likely?: boolean): void {
    const before = this.builder.current;
    const side = (build: () => void) => (): void => {
      this.#dominance.entered(this.builder.current, before);
      build();
    };
    this.builder.when(condition, side(then), otherwise && side(otherwise), likely);
    this.#dominance.entered(this.builder.current, before);
  }

  ifNonNull(pointer: Inst, to: Provenance, then: (refined: Inst) => void, otherwise?: () => void): void {
    const before = this.builder.current;
    const side =
      <A extends readonly unknown[]>(build: (...args: A) => void) =>
      (...args: A): void => {
        this.#dominance.entered(this.builder.current, before);
        build(...args);
      };
    this.builder.ifNonNull(pointer, to, side(then), otherwise && side(otherwise));
    this.#dominance.entered(this.builder.current, before);
  }

  reportFailure(helper: number, answer: Inst): void {
    reportFailure(this, helper, answer);
  }

  /** Ends the program here. What it answers matters to tests only. */
  leave(answer: Inst = this.constant(0)): void {
    if (this.openRecord !== undefined)
      this.builder.call(Helper.ringbufDiscard, [this.openRecord, this.constant(RING_NO_WAKEUP)]);
    const asked = this.variant.attach[0]?.kind === "run";
    if (this.#endings === undefined) return this.builder.return(asked ? answer : this.constant(0));
    this.#endings.left = true;
    this.#endings.leave();
  }

  /** The register-sized variable `$name`. */
  variable(name: string): VariableRef {
    let variable = this.#variables.get(name);
    if (variable === undefined) {
      variable = this.builder.variable(name);
      this.#variables.set(name, variable);
    }
    return variable;
  }

  /** A variable of the compiler's own, which no script can name. */
  temporaryVariable(value: Inst): string {
    const name = `.${++this.root.#temporaries}`;
    this.builder.write(this.variable(name), value);
    return name;
  }

  /**
   * Gives every variable that does not fit a register its memory, zeroed: `sizes` in bytes by name.
   * To be called before anything else is built.
   */
  declareVariables(sizes: ReadonlyMap<string, number>, span: Span): void {
    for (const [name, bytes] of sizes) {
      const spot = this.#divided
        ? { base: this.scratch(), offset: this.reserveScratch(alignUp(bytes), span) }
        : this.temporary(bytes, `$${name}`, span);
      this.builder.zero(spot.base, spot.offset, alignUp(bytes));
      const onStack = spot.base.type.kind === "pointer" && spot.base.type.to === "stack";
      this.#memory.set(name, { base: onStack ? spot.base : undefined, offset: spot.offset, bytes: alignUp(bytes) });
    }
  }

  /** Where the variable `$name`, which does not fit a register, lives. */
  memoryVariable(name: string): Spot {
    const spot = this.root.#memory.get(name);
    if (spot === undefined) throw new Error(`${this.name}: the variable $${name} has no memory`);
    return { base: spot.base ?? this.scratch(), offset: spot.offset };
  }

  /** Bytes of that memory. */
  memoryBytes(name: string): number {
    return this.root.#memory.get(name)?.bytes ?? 0;
  }

  /** Memory for `bytes`, with undefined contents: on the stack if it is small, else in scratch memory. */
  temporary(bytes: number, name: string, span: Span): Spot {
    const size = alignUp(bytes);
    if (size <= this.program.config.onStackLimit && this.#slotBytes + size <= this.#stackForSlots) {
      this.#slotBytes += size;
      return { base: this.builder.slot(size, name), offset: 0 };
    }
    return { base: this.scratch(), offset: this.reserveScratch(size, span) };
  }

  /** The offset of `bytes` of scratch memory of their own. */
  reserveScratch(bytes: number, span: Span): number {
    const { root } = this;
    const offset = root.#scratchBytes;
    root.#scratchBytes += alignUp(bytes);
    if (root.#scratchBytes > LARGEST_SCRATCH) refuse(recordTooLarge, span, root.#scratchBytes, LARGEST_SCRATCH);
    return offset;
  }

  /** Scratch memory that all who ask by this name use in turn, none longer than for one statement. */
  sharedScratch(name: string, bytes: number, span: Span): Spot {
    let offset = this.#shared.get(name);
    if (offset === undefined) this.#shared.set(name, (offset = this.reserveScratch(bytes, span)));
    return { base: this.scratch(), offset };
  }

  /** Where this program's scratch memory starts. */
  scratch(): Inst {
    if (this.#endings !== undefined) {
      this.#endings.usesScratch = true;
      return this.#endings.scratch;
    }
    const known = this.#recall(this.#scratch);
    if (known !== undefined) return known;
    const { builder } = this;
    const found = builder.call(Helper.mapLookup, [builder.map(this.scratchMap), this.zeroIndex()]);
    let scratch = found;
    this.ifNonNull(
      found,
      "mapValue",
      (refined) => {
        scratch = refined;
      },
      () => this.leave(),
    );
    this.#scratch = { value: scratch, block: builder.current };
    return scratch;
  }

  get scratchMap(): string {
    return `scratch_${this.root.name}`;
  }

  /** Bytes of scratch memory that the program needs. */
  get scratchBytes(): number {
    return this.root.#scratchBytes;
  }

  /** The address of a u32 that is zero: the index of an array's only entry. */
  zeroIndex(): Inst {
    const known = this.#recall(this.#zeroIndex);
    if (known !== undefined) return known;
    const index = this.#zeroIndex?.value ?? this.builder.slot(8, "zero");
    this.builder.store(index, 0, 4, this.constant(0));
    this.#zeroIndex = { value: index, block: this.builder.current };
    return index;
  }

  /** Eight bytes that a helper may write and the next instruction reads. */
  word(): Inst {
    this.#word ??= this.builder.slot(8, "word");
    return this.#word;
  }

  /** Where the command's name was already written on every path to here, if it was. */
  get comm(): Spot | undefined {
    return this.#recall(this.#comm);
  }

  /** The 16 bytes at `spot` hold the command's name from now on. */
  rememberComm(spot: Spot): void {
    if (spot.base.type.kind === "pointer" && spot.base.type.to === "stack")
      this.#comm = { value: spot, block: this.builder.current };
  }

  #recall<T>(remembered: Remembered<T> | undefined): T | undefined {
    return remembered !== undefined && this.#dominance.covers(remembered.block, this.builder.current)
      ? remembered.value
      : undefined;
  }
}
