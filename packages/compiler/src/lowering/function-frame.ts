/** One function under construction: its memory, and what is known at the place where building continues. */
import type { SourcePosition } from "@sonde/bpf/asm";
import {
  FunctionBuilder,
  type Block,
  type Condition,
  type Func,
  type Inst,
  type Provenance,
  type ValueType,
  type VariableRef,
} from "../ir/index.ts";
import { Dominance } from "./dominance.ts";
import type { Frame, Spot } from "./frame.ts";
import { Helper, RING_NO_WAKEUP } from "./helpers.ts";

/** What temporaries may take of the stack; the rest is for spilled registers. */
export const STACK_FOR_SLOTS = 320;
/** The kernel allocates at most this much for one per-CPU value. */
const LARGEST_SCRATCH = 32768;

/** Something computed in a block, valid wherever every path leads through that block. */
interface Remembered<T> {
  readonly value: T;
  readonly block: Block;
}

/** `Origin` is what a language blames: a part of its source. */
export abstract class FunctionFrame<Origin> implements Frame {
  readonly name: string;
  readonly builder: FunctionBuilder;
  abstract readonly object: Frame["object"];
  /** The ring-buffer record being filled, which must not be leaked. */
  openRecord: Inst | undefined;
  /** The kernel's iterators around the current place, innermost last: each a way to end one, which no program may end without. */
  readonly openIterators: (() => void)[] = [];
  /** Bytes of the stack that temporaries may take in all. */
  protected stackForSlots: number = STACK_FOR_SLOTS;

  readonly #dominance = new Dominance();
  #slotBytes = 0;
  #scratchBytes = 0;
  #scratch: Remembered<Inst> | undefined;
  #comm: Remembered<Spot> | undefined;
  #word: Inst | undefined;
  #zeroSlot: Inst | undefined;
  #zero: Remembered<Inst> | undefined;

  constructor(name: string, kind: Func["kind"], params: readonly ValueType[]) {
    this.name = name;
    this.builder = new FunctionBuilder(name, kind, params);
  }

  /** Temporaries larger than this go to per-CPU scratch memory instead of the 512 bytes of stack. */
  protected abstract get largestSlot(): number;
  /** Ends the program here. */
  abstract leave(): void;
  protected abstract positionOf(origin: Origin): SourcePosition | undefined;
  protected abstract refuseScratch(origin: Origin, bytes: number, most: number): never;

  /** Runs `build` with instructions attributed to `origin`. */
  at<T>(origin: Origin, build: () => T): T {
    const { builder } = this;
    const outer = builder.source;
    builder.source = this.positionOf(origin);
    const result = build();
    builder.source = outer;
    return result;
  }

  constant(value: number | bigint): Inst {
    return this.builder.constant(value);
  }

  /** The program's context. */
  context(): Inst {
    return this.builder.context();
  }

  variable(name: string): VariableRef {
    return this.builder.variable(name);
  }

  /** Continues in `block`, all of whose predecessors are known, and which only code after `before` reaches. */
  enter(block: Block, before: Block): void {
    this.builder.seal(block);
    this.enterUnsealed(block, before);
  }

  /** The same, unless nothing goes there: then the builder stays where it has ended. */
  enterIfReached(block: Block, before: Block): void {
    this.builder.seal(block);
    if (block.predecessors.length > 0) this.enterUnsealed(block, before);
  }

  /** Continues in a loop's head, whose back edge is still to come, and which only code after `before` reaches. */
  enterUnsealed(block: Block, before: Block): void {
    this.builder.enter(block);
    this.#dominance.entered(block, before);
  }

  when(condition: Condition, then: () => void, otherwise?: () => void, likely?: boolean): void {
    const before = this.builder.current;
    this.builder.when(condition, this.#behind(before, then), otherwise && this.#behind(before, otherwise), likely);
    this.#dominance.entered(this.builder.current, before);
  }

  ifNonNull(pointer: Inst, to: Provenance, then: (refined: Inst) => void, otherwise?: () => void): void {
    const before = this.builder.current;
    this.builder.ifNonNull(pointer, to, this.#behind(before, then), otherwise && this.#behind(before, otherwise));
    this.#dominance.entered(this.builder.current, before);
  }

  #behind<A extends readonly unknown[]>(before: Block, build: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      this.#dominance.entered(this.builder.current, before);
      build(...args);
    };
  }

  /** What is open when the program ends: a record would be lost to the ring for good, iterators the verifier refuses. */
  protected closeAll(): void {
    if (this.openRecord !== undefined)
      this.builder.call(Helper.ringbufDiscard, [this.openRecord, this.constant(RING_NO_WAKEUP)]);
    for (const end of this.openIterators.toReversed()) end();
  }

  /** Memory for `bytes`, with undefined contents: on the stack if it is small, else in scratch memory. */
  temporary(bytes: number, name: string, origin: Origin): Spot {
    const size = (bytes + 7) & ~7;
    if (size <= this.largestSlot && this.#slotBytes + size <= this.stackForSlots) {
      this.#slotBytes += size;
      return { base: this.builder.slot(size, name), offset: 0 };
    }
    return { base: this.scratch(), offset: this.reserveScratch(size, origin) };
  }

  /** The offset of `bytes` of scratch memory of their own. */
  reserveScratch(bytes: number, origin: Origin): number {
    const offset = this.#scratchBytes;
    this.#scratchBytes += (bytes + 7) & ~7;
    if (this.#scratchBytes > LARGEST_SCRATCH) this.refuseScratch(origin, this.#scratchBytes, LARGEST_SCRATCH);
    return offset;
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

  /** The address of a u32 that is zero, the index of an array's only entry: written where no path to here has done so. */
  zeroIndex(): Inst {
    const known = this.#recall(this.#zero);
    if (known !== undefined) return known;
    this.#zeroSlot ??= this.builder.slot(8, "zero");
    this.builder.store(this.#zeroSlot, 0, 4, this.constant(0));
    this.#zero = { value: this.#zeroSlot, block: this.builder.current };
    return this.#zeroSlot;
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
