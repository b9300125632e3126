/** `=`, `+=`, `++`: to variables, and to fields where they are. */
import { refuse } from "../../diagnostics/index.ts";
import type { Inst } from "../../ir/index.ts";
import type { Place } from "../../lowering/memory.ts";
import { GlobalDeclaration } from "../authoring/declarations.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node, type Tree } from "../syntax/ast.ts";
import { isScalar, sizeOfType, typeText, U64, type Type } from "../types/type.ts";
import { expression, read } from "./expressions.ts";
import { behind, elementPlace, flatten, memberPlace, readPlace, structBehind, elementWithin } from "./places.ts";
import { arithmetic } from "./operators.ts";
import type { Program } from "./program.ts";
import { constantNumber, convert, describeValue, scalarOf, stored, textOf } from "./scalar.ts";
import { store } from "./store.ts";
import { constant, UNDEFINED, type Binding, type Value } from "./value.ts";

/** `target operator value`; `wanted`: the result is used. */
export function assign(p: Program, node: Tree, wanted: boolean): Value {
  const operator = node.operator;
  const [target, right] = [node.left, node.right as Node];
  if (["&&=", "||=", "??=", "**="].includes(operator))
    return refuse(
      messages.unsupported,
      spanOf(node),
      `the operator ${operator}`,
      "write an if, and the assignment in it",
    );
  if (target.type === "ObjectPattern" || target.type === "ArrayPattern")
    return refuse(
      messages.unsupported,
      spanOf(target),
      "an assignment to several names at once",
      "assign them one by one",
    );
  return change(p, node, target, operator.slice(0, -1), () => expression(p, right), wanted, right);
}

/** `target++` and its like. */
export function update(p: Program, node: Tree, wanted: boolean): Value {
  const operator = node.operator[0]!;
  const target = node.argument;
  const before = wanted && !node.prefix ? expression(p, target) : undefined;
  const after = change(p, node, target, operator, () => constant(1n), wanted && before === undefined);
  return before ?? after;
}

function change(
  p: Program,
  node: Node,
  target: Tree,
  operator: string,
  right: () => Value,
  wanted: boolean,
  rightNode: Node = node,
): Value {
  if (target.type === "Identifier") {
    const binding = p.scope.find(target.name);
    if (binding === undefined) return refuse(messages.constantAssigned, spanOf(target), target.name);
    return changeBinding(p, node, target, binding, operator, right);
  }
  if (target.type !== "MemberExpression") return refuse(messages.notAssignable, spanOf(target), textOf(target));
  const place = placeOf(p, target);
  const value = right();
  if (operator === "") {
    write(p, place, value, rightNode);
    return value;
  }
  if (!wanted && (operator === "+" || operator === "-") && isShared(p, place)) {
    const { inst } = scalarOf(p, value, node);
    addTo(p, place, operator === "+" ? inst : p.builder.binary("sub", p.constant(0), inst));
    return UNDEFINED;
  }
  const result = arithmetic(p, operator, readPlace(p, place.place, place.type), value, node);
  write(p, place, result, node);
  return result;
}

function changeBinding(
  p: Program,
  node: Node,
  target: Tree,
  binding: Binding,
  operator: string,
  right: () => Value,
): Value {
  if (binding.kind === "value") return refuse(messages.constantAssigned, spanOf(target), target.name);
  const given = right();
  const value = operator === "" ? given : arithmetic(p, operator, read(p, binding), given, node);
  if (binding.kind === "slot") {
    store(p, value, binding.type, binding.spot, true, node);
    return read(p, binding);
  }
  const { type } = binding;
  const scalar = { inst: stored(p, value, type, node), type: scalarOf(p, value, node).type };
  if ((scalar.type.kind === "pointer") !== (type.kind === "pointer"))
    refuse(messages.mismatch, spanOf(node), describeValue(value), typeText(type));
  p.builder.write(binding.variable, type.kind === "int" ? convert(p, scalar, type) : scalar.inst);
  return read(p, binding);
}

/** A field that a handler may change, where it lies. */
interface Target {
  readonly place: Place;
  readonly type: Type;
}

function placeOf(p: Program, node: Tree): Target {
  const outer = expression(p, node.object);
  const property = node.property as Node & { name?: string };
  const fail = (): never => refuse(messages.notAssignable, spanOf(node), textOf(node));
  if (outer.kind === "maybe" || outer.kind === "maybeReference")
    return refuse(messages.unchecked, spanOf(node.object), textOf(node.object));
  if (outer.kind === "host" && outer.value instanceof GlobalDeclaration && property.name === "value") {
    const { map, offset, type } = p.object.variable(outer.value);
    return { place: { base: p.builder.mapValue(map, offset), offset: 0, space: "program", trusted: false }, type };
  }
  if (p.probe.programType === "struct_ops") {
    const target = kernelTarget(p, outer, node);
    if (target !== undefined) return target;
  }
  if (outer.kind !== "memory" || !isOwn(outer.place)) return fail();
  if (outer.type.kind === "record" && !node.computed) {
    const found = outer.type.fields.find(({ name }) => name === property.name);
    if (found === undefined)
      return refuse(messages.noField, spanOf(property), typeText(outer.type), property.name ?? "", undefined);
    return { place: { ...outer.place, offset: outer.place.offset + found.offset }, type: found.type };
  }
  if (outer.type.kind === "array" && node.computed) {
    const { inst } = scalarOf(p, expression(p, node.property), node.property);
    return { place: elementWithin(p, outer.place, outer.type, inst), type: outer.type.element };
  }
  return fail();
}

/** Functions that the kernel asks may change some members of what they are asked about; which, the verifier knows. */
function kernelTarget(p: Program, outer: Value, node: Tree): Target | undefined {
  const property = node.property as Node & { name: string };
  const settled = ({ place, type }: Target): Target | undefined =>
    place.bits === undefined && isScalar(type) ? { place: flatten(p, place), type } : undefined;
  if (outer.kind === "scalar" && outer.type.kind === "pointer" && !node.computed) {
    const place = behind({ inst: outer.inst, type: outer.type });
    if (!place.trusted) return undefined;
    const struct = structBehind(p, outer.type, property.name, property);
    return settled(memberPlace(p, place, struct, property.name, property));
  }
  if (outer.kind !== "memory" || !outer.place.trusted) return undefined;
  if (outer.type.kind === "struct" && !node.computed)
    return settled(memberPlace(p, outer.place, outer.type, property.name, property));
  const index = node.computed ? constantNumber(expression(p, node.property)) : undefined;
  if (outer.type.kind !== "array" || index === undefined || index >= BigInt(outer.type.length)) return undefined;
  return settled({ place: elementPlace(outer.place, outer.type, Number(index)), type: outer.type.element });
}

/** Memory that programs may write. */
function isOwn({ space, base, field }: Place): boolean {
  return space === "program" && field === undefined && base.type.kind === "pointer" && base.type.to !== "context";
}

function write(p: Program, { place, type }: Target, value: Value, node: Node): void {
  store(p, value, type, { base: place.base, offset: place.offset }, true, node);
}

/** Whether other CPUs may change the place at the same time. */
function isShared(p: Program, { place, type }: Target): boolean {
  const { base } = place;
  if (!isScalar(type) || sizeOfType(type) < 4 || base.type.kind !== "pointer" || base.type.to !== "mapValue")
    return false;
  return !p.exclusive.has(base);
}

function addTo(p: Program, { place, type }: Target, amount: Inst): void {
  p.builder.atomicAdd(place.base, place.offset, sizeOfType(type ?? U64) as 4 | 8, amount);
}
