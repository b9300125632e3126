/** What an expression is while a handler is compiled: known at build time, in registers, or in memory. */
import type { Inst, VariableRef } from "../../ir/index.ts";
import type { Spot } from "../../lowering/frame.ts";
import type { Place } from "../../lowering/memory.ts";
import type { ArrayType, IntType, RecordType, ScalarType, StackType, StructType, TextType } from "../types/type.ts";
import type { FunctionNode } from "../syntax/ast.ts";
import type { Scope } from "./scope.ts";
import type { NamedArguments } from "./arguments.ts";

export type Value =
  /** In a register, widened to 64 bits by its type's sign. */
  | { readonly kind: "scalar"; readonly inst: Inst; readonly type: ScalarType }
  /** Known at build time. */
  | { readonly kind: "constant"; readonly value: Constant; readonly type?: IntType }
  /** At a place; changing it changes what is there. */
  | { readonly kind: "memory"; readonly place: Place; readonly type: MemoryType }
  /** An object literal: its fields are nowhere together yet. */
  | { readonly kind: "object"; readonly fields: ReadonlyMap<string, Value> }
  | { readonly kind: "list"; readonly items: readonly Value[] }
  /** A copy of what a look-up found: `present` is 0 or 1. */
  | { readonly kind: "maybe"; readonly present: Inst; readonly value: Value & { kind: "scalar" | "memory" } }
  /** What a look-up found, where it is: a pointer that is null if there was nothing. */
  | { readonly kind: "maybeReference"; readonly pointer: Inst; readonly type: MemoryType; readonly shared: boolean }
  /** Made when it is known where it is wanted; `exact`: nothing but zeros may follow a text's end. */
  | {
      readonly kind: "produced";
      readonly type: MemoryType;
      readonly write: (spot: Spot, exact: boolean) => void;
      /** Of a text, where less than all of it can be read: writes its first `bytes` bytes, the last of them NUL. */
      readonly writeStart?: (spot: Spot, bytes: number) => void;
    }
  | { readonly kind: "closure"; readonly node: FunctionNode; readonly scope: Scope }
  /** Something that the module declared, or any other value of the module's. */
  | { readonly kind: "host"; readonly value: object; readonly name: string }
  /** The probe's own arguments. */
  | { readonly kind: "arguments"; readonly source: NamedArguments };

export type Constant = bigint | boolean | string | null | undefined;
export type MemoryType = TextType | RecordType | ArrayType | StructType | StackType;

/** What a name stands for. */
export type Binding =
  | { readonly kind: "value"; readonly value: Value; readonly constant: boolean }
  /** A variable that is changed: a register's worth. */
  | { readonly kind: "variable"; readonly variable: VariableRef; readonly type: ScalarType }
  /** The same in memory. */
  | { readonly kind: "slot"; readonly spot: Spot; readonly type: MemoryType };

export const UNDEFINED: Value = { kind: "constant", value: undefined };

export function constant(value: Constant): Value {
  return { kind: "constant", value };
}
