/** What building a program's function takes, whichever language it comes from. */
import type { CoreKind, CoreRelocation } from "@sonde/bpf/asm";
import type { KernelFunctionName } from "./kernel-functions.ts";
import type { Block, Condition, FunctionBuilder, Inst, Provenance } from "../ir/index.ts";

/** A place in memory that programs reach directly: the stack, a map's value, a record. */
export interface Spot {
  readonly base: Inst;
  readonly offset: number;
}

/** A program under construction, as far as memory, losses and buckets need to know it. */
export interface Frame {
  readonly builder: FunctionBuilder;
  /** What the object's programs share. */
  readonly object: {
    /** The map of loss counters. */
    readonly losses: string;
    /** The name of an array that holds so many zeros. */
    zeros(bytes: number): string;
    readonly types: {
      useKernelFunction(name: KernelFunctionName): void;
      relocation(kind: CoreKind, struct: number, path: readonly number[], otherName?: string): CoreRelocation;
    };
  };
  constant(value: number | bigint): Inst;
  /** The program's context. */
  context(): Inst;
  /** Continues in `block`, all of whose predecessors are known, and which only code after `before` reaches. */
  enter(block: Block, before: Block): void;
  when(condition: Condition, then: () => void, otherwise?: () => void, likely?: boolean): void;
  ifNonNull(pointer: Inst, to: Provenance, then: (refined: Inst) => void, otherwise?: () => void): void;
  /** The address of a u32 that is zero: the index of an array's only entry. */
  zeroIndex(): Inst;
  /** Eight bytes that a helper may write and the next instruction reads. */
  word(): Inst;
}
