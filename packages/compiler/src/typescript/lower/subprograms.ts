/**
 * Functions of the BPF program itself, called instead of built in: those of the module that a handler calls from more
 * than one place, that are large, and that take and give numbers only.
 */
import { Refusal, refuse } from "../../diagnostics/index.ts";
import { SCALAR } from "../../ir/index.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type FunctionNode, type Node } from "../syntax/ast.ts";
import { BOOL, S64, U64, type ScalarType } from "../types/type.ts";
import { expression } from "./expressions.ts";
import { Inner, RECORD_BYTES } from "./inner.ts";
import { bindPattern } from "./patterns.ts";
import type { Program } from "./program.ts";
import { scalarOf, type Scalar } from "./scalar.ts";
import { Scope } from "./scope.ts";
import { statements } from "./statements.ts";
import { UNDEFINED, type Value } from "./value.ts";

/** Five registers hold arguments, one of them the record. */
const MOST_PARAMETERS = 4;

export interface Subprogram {
  readonly inner: Inner;
  readonly params: readonly ScalarType[];
  /** Undefined if it returns nothing. */
  readonly result: ScalarType | undefined;
}

/** Calls the function; undefined if it is one that is built in. */
export function subprogramCall(
  p: Program,
  fn: FunctionNode,
  scope: Scope,
  args: readonly Value[],
  node: Node,
): Value | undefined {
  const { root } = p;
  if (!p.object.uses.subprograms(p.probe).has(fn) || !scope.isOfModule || fn.params.length > MOST_PARAMETERS)
    return undefined;
  if (root.unfinished.has(fn))
    return refuse(
      messages.recursion,
      spanOf(node),
      (fn as { id?: { name: string } | null }).id?.name ?? "the function",
    );
  const numbers = fn.params.map((_, index) => numberOf(p, args[index], node));
  if (!numbers.every((each): each is Scalar => each !== undefined)) return undefined;
  if (!root.subprograms.has(fn)) root.subprograms.set(fn, built(p, fn, scope, numbers));
  const known = root.subprograms.get(fn);
  if (known === undefined || !known.params.every((type, index) => sameType(type, numbers[index]!.type)))
    return undefined;
  const { builder } = p;
  const record = builder.slot(RECORD_BYTES, "record");
  known.inner.fill(p, record);
  const inst = builder.callFunction(known.inner.name, [...numbers.map((each) => each.inst), record]);
  known.inner.leaveIfLeft(p, record);
  return known.result === undefined ? UNDEFINED : { kind: "scalar", inst, type: known.result };
}

/** A number or truth value; pointers, texts and what must be tested are none. */
function numberOf(p: Program, value: Value | undefined, node: Node): Scalar | undefined {
  if (value === undefined || (value.kind !== "scalar" && value.kind !== "constant")) return undefined;
  if (value.kind === "constant" && typeof value.value !== "bigint" && typeof value.value !== "boolean")
    return undefined;
  const scalar = scalarOf(p, value, node);
  return scalar.type.kind === "pointer" ? undefined : scalar;
}

function sameType(a: ScalarType, b: ScalarType): boolean {
  if (a.kind !== "int" || b.kind !== "int") return a.kind === b.kind;
  return a.signed === b.signed;
}

/** Undefined for what can only be built in: it gives more than a number, or needs what is known at the call. */
function built(p: Program, fn: FunctionNode, scope: Scope, args: readonly Scalar[]): Subprogram | undefined {
  const { root } = p;
  const name = (fn as { id?: { name: string } | null }).id?.name ?? "function";
  const inner = new Inner(
    p,
    "subprogram",
    `${root.name}_${name}`,
    new Scope(scope),
    args.map(() => SCALAR),
  );
  const results: ScalarType[] = [];
  let silent = false;
  const finish = (value: Value, node: Node): void => {
    const nothing = value.kind === "constant" && value.value === undefined;
    const result = nothing ? undefined : numberOf(inner, value, node);
    if (result === undefined && !nothing) throw new NotANumber();
    if (result === undefined) silent = true;
    else if (value.kind !== "constant" || typeof value.value === "boolean") results.push(result.type);
    else results.push(result.type === S64 ? S64 : U64);
    inner.builder.return(result?.inst ?? inner.constant(0));
  };
  root.unfinished.add(fn);
  try {
    inner.activations.push({ node: fn, loops: [], leave: finish });
    inner.at(fn, () => {
      for (const [index, param] of fn.params.entries()) {
        const value: Value = { kind: "scalar", inst: inner.builder.param(index), type: args[index]!.type };
        bindPattern(inner, param, value, fn.body, "let", param);
      }
      if (fn.body.type !== "BlockStatement") finish(expression(inner, fn.body), fn.body);
      else statements(inner, fn.body.body);
      if (!inner.builder.terminated) finish(UNDEFINED, fn);
    });
  } catch (error) {
    // What is wrong with it is told where it is built in.
    if (error instanceof Refusal || error instanceof NotANumber) return undefined;
    throw error;
  } finally {
    root.unfinished.delete(fn);
  }
  if (silent && results.length > 0) return undefined;
  root.addFunction(inner.builder.finish());
  return { inner, params: args.map(({ type }) => type), result: silent ? undefined : common(results) };
}

class NotANumber extends Error {}

function common(types: readonly ScalarType[]): ScalarType {
  if (types.every((type) => type.kind === "bool")) return BOOL;
  return types.some((type) => type.kind === "int" && type.signed) ? S64 : U64;
}
