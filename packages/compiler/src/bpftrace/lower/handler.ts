/** One function of a program under construction: what a function's frame is, and the variables and loops of the language. */
import type { SourcePosition } from "@sonde/bpf/asm";
import type { Block, Func, Inst, ValueType, VariableRef } from "../../ir/index.ts";
import type { Expr, Span } from "../ast.ts";
import type { CheckedProgram, ProbeVariant, Type } from "../types.ts";
import type { Spot } from "../../lowering/frame.ts";
import { FunctionFrame, STACK_FOR_SLOTS } from "../../lowering/function-frame.ts";
import { alignUp } from "./layout.ts";
import { watchHelpers } from "./helper-errors.ts";
import { recordTooLarge, refuse } from "./messages.ts";
import type { ObjectBuilder } from "./object.ts";

export type { Spot } from "../../lowering/frame.ts";

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

export class Handler extends FunctionFrame<Span> {
  readonly object: ObjectBuilder;
  readonly program: CheckedProgram;
  readonly variant: ProbeVariant;
  /** The loops around the current place, innermost last. */
  readonly loops: Loop[] = [];
  /** Of an iterator's context: the pointers that were tested when the handler began. */
  readonly iteratorFields: Map<string, Inst> = new Map();
  /** Turns of the plain loops around the current place, multiplied: what the verifier follows one by one. */
  turns = 1;
  /** The function that calls this one back in each turn of a loop; undefined in the program itself. */
  readonly parent: Handler | undefined;
  /** The program itself. */
  readonly root: Handler;
  /** Of the program: the functions that helpers call back, in the order in which they were finished. */
  readonly callbacks: Func[] = [];

  /** Variables whose address the script takes: they lie in memory, whatever their size. */
  addressed: ReadonlySet<string> = new Set();
  readonly #variables = new Map<string, VariableRef>();
  /** Without a base: in scratch memory. */
  readonly #memory = new Map<
    string,
    { readonly base: Inst | undefined; readonly offset: number; readonly bytes: number }
  >();
  readonly #shared = new Map<string, number>();
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
    super(name, callback === undefined ? "main" : "callback", callback?.params ?? []);
    this.object = object;
    this.program = program;
    this.variant = variant;
    this.parent = callback?.parent;
    this.root = this.parent?.root ?? this;
    if (this.parent !== undefined) this.stackForSlots = this.parent.stackForSlots;
    watchHelpers(this);
  }

  /** A function for a helper to call back, which runs on what this one leaves of the stack. */
  callback(params: readonly ValueType[]): Handler {
    const name = this.object.programName(`${this.root.name}_turn`);
    return new Handler(name, this.object, this.program, this.variant, { parent: this, params });
  }

  /** Functions that call each other back share one stack: each gets a part of it. To be called before anything is built. */
  divideStack(depth: number): void {
    this.stackForSlots = Math.floor(STACK_FOR_SLOTS / (depth + 1) / 8) * 8 - (depth > 0 ? 32 : 0);
    this.#divided = depth > 0;
  }

  /** The program's context. A function that is called back gets it from its caller. */
  override context(): Inst {
    if (this.#endings === undefined) return super.context();
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

  /** Ends the program here. What it answers matters to tests only. */
  leave(answer: Inst = this.constant(0)): void {
    this.closeAll();
    const asked = this.variant.attach[0]?.kind === "run";
    if (this.#endings === undefined) return this.builder.return(asked ? answer : this.constant(0));
    this.#endings.left = true;
    this.#endings.leave();
  }

  /** The register-sized variable `$name`. */
  override variable(name: string): VariableRef {
    let variable = this.#variables.get(name);
    if (variable === undefined) {
      variable = super.variable(name);
      this.#variables.set(name, variable);
    }
    return variable;
  }

  /** The value of `$name`, which fits a register. */
  readVariable(name: string): Inst {
    if (!this.root.addressed.has(name)) return this.builder.read(this.variable(name));
    const { base, offset } = this.memoryVariable(name);
    return this.builder.load(base, offset, 8);
  }

  writeVariable(name: string, value: Inst): void {
    if (!this.root.addressed.has(name)) return this.builder.write(this.variable(name), value);
    const { base, offset } = this.memoryVariable(name);
    this.builder.store(base, offset, 8, value);
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
      // What an address leads to must not be on the stack, where the compiler knows who reads it.
      const spot =
        this.#divided || this.addressed.has(name)
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

  /** Functions that are called back share the program's scratch memory. */
  override reserveScratch(bytes: number, span: Span): number {
    return this.root === this ? super.reserveScratch(bytes, span) : this.root.reserveScratch(bytes, span);
  }

  /** Scratch memory that all who ask by this name use in turn, none longer than for one statement. */
  sharedScratch(name: string, bytes: number, span: Span): Spot {
    let offset = this.#shared.get(name);
    if (offset === undefined) this.#shared.set(name, (offset = this.reserveScratch(bytes, span)));
    return { base: this.scratch(), offset };
  }

  override scratch(): Inst {
    if (this.#endings === undefined) return super.scratch();
    this.#endings.usesScratch = true;
    return this.#endings.scratch;
  }

  override get scratchMap(): string {
    return `scratch_${this.root.name}`;
  }

  protected get largestSlot(): number {
    return this.program.config.onStackLimit;
  }

  protected positionOf(span: Span): SourcePosition | undefined {
    return this.object.positions.at(span);
  }

  protected refuseScratch(span: Span, bytes: number, most: number): never {
    return refuse(recordTooLarge, span, bytes, most);
  }
}
