/**
 * What decoded bytes become. Values describe themselves, so that whoever prints one needs nothing
 * but the value:
 *
 * | DataType        | Value                                                                |
 * | int             | number, or bigint where a number would not be exact (beyond 2^53)    |
 * | bool            | boolean                                                              |
 * | string          | string; bytes that are not UTF-8 are kept as in text.ts              |
 * | buffer          | Uint8Array, a copy                                                   |
 * | array           | array of values                                                      |
 * | all others      | an object with a `kind`                                              |
 */
import type { StackMode } from "@sonde/bpf/spec";

export type Value =
  | Integer
  | boolean
  | string
  | Uint8Array
  | readonly Value[]
  | EnumValue
  | PointerValue
  | SymbolValue
  | StackValue
  | TupleValue
  | RecordValue;

/** A number where that is exact, a bigint else. Comparisons by `<` hold between the two. */
export type Integer = number | bigint;

export interface EnumValue {
  readonly kind: "enum";
  readonly value: Integer;
  /** Undefined when no enumerator has this value. */
  readonly name: string | undefined;
}

export interface PointerValue {
  readonly kind: "pointer";
  readonly address: bigint;
}

/** The address of a function, to be shown by name. */
export interface SymbolValue {
  readonly kind: "symbol";
  readonly address: bigint;
  readonly user: boolean;
  /** Whose address space; 0 for the kernel's. */
  readonly pid: number;
}

/** A stack by its id in a stack map; its frames are read when it is shown. */
export interface StackValue {
  readonly kind: "stack";
  /** Negative: an errno, there is no stack. */
  readonly id: number;
  readonly pid: number;
  readonly user: boolean;
  readonly map: string;
  readonly mode: StackMode;
  readonly frames: number;
}

export interface TupleValue {
  readonly kind: "tuple";
  readonly items: readonly Value[];
}

export interface RecordValue {
  readonly kind: "record";
  readonly fields: readonly { readonly name: string; readonly value: Value }[];
}
