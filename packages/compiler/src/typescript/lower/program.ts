/** One program under construction: its function, its memory, and what is known at the place where building continues. */
import { refuse } from "../../diagnostics/index.ts";
import {
  FunctionBuilder,
  type Block,
  type Condition,
  type Inst,
  type Provenance,
  type VariableRef,
} from "../../ir/index.ts";
import { Dominance } from "../../lowering/dominance.ts";
import type { Frame, Spot } from "../../lowering/frame.ts";
import { Helper, RING_NO_WAKEUP } from "../../lowering/helpers.ts";
import type { ProbeDeclaration } from "../authoring/declarations.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node } from "../syntax/ast.ts";
import type { MonitorObject } from "./object.ts";
import type { Scope } from "./scope.ts";
import type { Binding, Value } from "./value.ts";

/** Larger temporaries than this go to per-CPU scratch memory instead of the 512 bytes of stack. */
const LARGEST_SLOT = 64;
/** What temporaries may take of the stack; the rest is for spilled registers. */
const STACK_FOR_SLOTS = 320;
/** The kernel allocates at most this much for one per-CPU value. */
const LARGEST_SCRATCH = 32768;

/** Where `break` and `continue` go. */
export interface Loop {
  readonly label: string | undefined;
  readonly exit: Block;
  /** Absent in a switch. */
  readonly next: Block | undefined;
}

/** The function whose body is being built: the program's own, or one built into it. */
export interface Activation {
  /** What `return` does. */
  readonly leave: (value: Value, node: Node) => void;
  readonly node: Node;
  readonly loops: Loop[];
}

/** Something computed in a block, valid wherever every path leads through that block. */
interface Remembered<T> {
  readonly value: T;
  readonly block: Block;
}

export class Program implements Frame {
  readonly name: string;
  readonly object: MonitorObject;
  readonly probe: ProbeDeclaration;
  readonly builder: FunctionBuilder;
  /** Functions that are being built, innermost last. */
  readonly activations: Activation[] = [];
  scope: Scope;
  /** What tests have proved about names, for the code after them. */
  facts: ReadonlyMap<Binding, Value> = new Map();
  /** Memory that no other CPU changes meanwhile: values of per-CPU maps, scratch memory. */
  readonly exclusive: Set<Inst> = new Set();
  /** The ring-buffer record being filled, which must not be leaked. */
  openRecord: Inst | undefined;

  readonly #dominance = new Dominance();
  #slotBytes = 0;
  #scratchBytes = 0;
  #scratch: Remembered<Inst> | undefined;
  #comm: Remembered<Spot> | undefined;
  #zeroIndex: Remembered<Inst> | undefined;
  #word: Inst | undefined;

  constructor(name: string, object: MonitorObject, probe: ProbeDeclaration, scope: Scope) {
    this.name = name;
    this.object = object;
    this.probe = probe;
    this.scope = scope;
    this.builder = new FunctionBuilder(name, "main", []);
  }

  /** Runs `build` with instructions attributed to `node`. */
  at<T>(node: Node, build: () => T): T {
    const { builder } = this;
    const outer = builder.source;
    builder.source = this.object.position(node);
    const result = build();
    builder.source = outer;
    return result;
  }

  /** Runs `build` with names of its own. */
  inside<T>(scope: Scope, build: () => T): T {
    const outer = this.scope;
    this.scope = scope;
    try {
      return build();
    } finally {
      this.scope = outer;
    }
  }

  constant(value: number | bigint): Inst {
    return this.builder.constant(value);
  }

  variable(name: string): VariableRef {
    return this.builder.variable(name);
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

  /** Ends the program here, with what says nothing to the kernel. */
  leave(): void {
    if (this.openRecord !== undefined)
      this.builder.call(Helper.ringbufDiscard, [this.openRecord, this.constant(RING_NO_WAKEUP)]);
    this.builder.return(this.constant(this.probe.verdict));
  }

  /** Memory for `bytes`, with undefined contents: on the stack if it is small, else in scratch memory. */
  temporary(bytes: number, name: string, node: Node): Spot {
    const size = (bytes + 7) & ~7;
    if (size <= LARGEST_SLOT && this.#slotBytes + size <= STACK_FOR_SLOTS) {
      this.#slotBytes += size;
      return { base: this.builder.slot(size, name), offset: 0 };
    }
    const offset = this.#scratchBytes;
    this.#scratchBytes += size;
    if (this.#scratchBytes > LARGEST_SCRATCH)
      refuse(messages.tooMuchMemory, spanOf(node), this.#scratchBytes, LARGEST_SCRATCH);
    return { base: this.scratch(), offset };
  }

  /** Where this program's scratch memory starts. */
  scratch(): Inst {
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
    this.exclusive.add(scratch);
    this.#scratch = { value: scratch, block: builder.current };
    return scratch;
  }

  get scratchMap(): string {
    return `scratch_${this.name}`;
  }

  /** Bytes of scratch memory that the program needs. */
  get scratchBytes(): number {
    return this.#scratchBytes;
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
