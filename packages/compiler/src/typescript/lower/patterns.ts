/** Names given to values: plain, or taken apart by a pattern. */
import { refuse } from "../../diagnostics/index.ts";
import * as messages from "../messages/handlers.ts";
import { annotationOf, children, spanOf, type Node, type TypeNode, type Tree } from "../syntax/ast.ts";
import { isScalar, recordOf, S64, sizeOfType, type Type } from "../types/type.ts";
import { ifFoundOr } from "./choices.ts";
import { expression } from "./expressions.ts";
import { field } from "./members.ts";
import type { Program } from "./program.ts";
import { constantNumber, convert, scalarOf, stored } from "./scalar.ts";
import { store } from "./store.ts";
import { constant, type Binding, type Value } from "./value.ts";

/** Declares the names of `pattern` in the current scope. `within`: where they may be changed. */
export function bindPattern(p: Program, pattern: Node, value: Value, within: Node, kind: string, node: Node): void {
  const any = pattern as Tree;
  switch (pattern.type) {
    case "Identifier":
      return declare(p, any.name, value, within, kind, pattern, node);
    case "AssignmentPattern":
      return bindPattern(p, any.left, withDefault(p, value, any.right, node), within, kind, node);
    case "ObjectPattern":
      for (const property of any.properties) {
        if (property.type === "RestElement" || property.computed)
          return refuse(messages.unsupported, spanOf(property), "the rest of an object", "name the fields");
        const key = property.key as Node & { name?: string; value?: unknown };
        const name = key.name ?? String(key.value);
        bindPattern(p, property.value, field(p, value, name, key, node), within, kind, property);
      }
      return;
    case "ArrayPattern":
      any.elements.forEach((element, index) => {
        if (element === null) return;
        if (element.type === "RestElement")
          refuse(messages.unsupported, spanOf(element), "the rest of a list", "name the elements");
        const item =
          value.kind === "list"
            ? (value.items[index] ??
              refuse(messages.noField, spanOf(element), `a list of ${value.items.length}`, String(index), undefined))
            : field(p, value, String(index), element, node);
        bindPattern(p, element, item, within, kind, element);
      });
      return;
    default:
      refuse(messages.unsupported, spanOf(pattern), "this pattern", "use a name");
  }
}

function withDefault(p: Program, value: Value, right: Node, node: Node): Value {
  if (value.kind === "constant" && value.value === undefined) return expression(p, right);
  if (value.kind === "maybe" || value.kind === "maybeReference") return ifFoundOr(p, node, value, right);
  return value;
}

/** The code in which a name may be changed decides what holds it: nothing, a register, or memory. */
function declare(p: Program, name: string, value: Value, within: Node, kind: string, pattern: Node, node: Node): void {
  const annotation = annotationOf(pattern);
  const changed = kind !== "const" && isAssigned(within, name);
  const parts = changesParts(within, name);
  if (!changed && !(parts && (value.kind === "object" || value.kind === "list"))) {
    p.scope.declare(name, {
      kind: "value",
      value: settled(p, asWritten(p, value, annotation, node), node),
      constant: kind === "const",
    });
    return;
  }
  p.scope.declare(name, variableFor(p, name, value, annotation, node));
}

/** A number with a type written behind its name is cut to it. */
function asWritten(p: Program, value: Value, annotation: TypeNode | undefined, node: Node): Value {
  if (annotation === undefined || (value.kind !== "scalar" && value.kind !== "constant")) return value;
  const type = p.object.resolver.integer(annotation, p.scope.registered.module);
  const known = constantNumber(value);
  if (type === undefined || (value.kind === "constant" && known === undefined)) return value;
  const inst = stored(p, value, type, node);
  if (known !== undefined) return { kind: "constant", value: known, type };
  return { kind: "scalar", inst: convert(p, { inst, type: scalarOf(p, value, node).type }, type), type };
}

/** What a helper writes is written once, where the name is declared. */
export function settled(p: Program, value: Value, node: Node): Value {
  if (value.kind !== "produced") return value;
  const spot = p.temporary(sizeOfType(value.type), "value", node);
  store(p, value, value.type, spot, true, node);
  return {
    kind: "memory",
    place: { base: spot.base, offset: spot.offset, space: "program", trusted: false },
    type: value.type,
  };
}

function variableFor(p: Program, name: string, value: Value, annotation: TypeNode | undefined, node: Node): Binding {
  const type =
    annotation === undefined
      ? typeOfValue(p, value, node)
      : p.object.resolver.resolve(annotation, p.scope.registered.module);
  if (isScalar(type)) {
    const variable = p.variable(name);
    const initial = value.kind === "constant" && value.value === undefined ? constant(0n) : value;
    const inst = stored(p, initial, type, node);
    const converted = type.kind === "int" ? convert(p, { inst, type: scalarOf(p, initial, node).type }, type) : inst;
    p.builder.write(variable, converted);
    return { kind: "variable", variable, type };
  }
  const spot = p.temporary(sizeOfType(type), name, node);
  store(p, value, type, spot, true, node);
  return { kind: "slot", spot, type };
}

/** The type of memory that can hold a value. */
export function typeOfValue(p: Program, value: Value, node: Node): Type {
  switch (value.kind) {
    case "object":
      return recordOf([...value.fields].map(([name, each]) => ({ name, type: typeOfValue(p, each, node) })));
    case "list": {
      const element = value.items[0] === undefined ? S64 : typeOfValue(p, value.items[0], node);
      return { kind: "array", element, length: value.items.length, size: value.items.length * sizeOfType(element) };
    }
    case "constant":
      if (typeof value.value === "string")
        return { kind: "text", size: Math.max(16, new TextEncoder().encode(value.value).length + 1) };
      if (value.value === undefined || typeof value.value === "bigint") return S64;
      return scalarOf(p, value, node).type;
    case "memory":
    case "produced":
      return value.type;
    default:
      return scalarOf(p, value, node).type;
  }
}

/** Whether the name is assigned to somewhere in `node`. A name of an inner scope counts as well: that costs a register, no more. */
function isAssigned(node: Node, name: string): boolean {
  return some(node, (each) => {
    const { type, left, argument } = each as unknown as { type: string; left?: Tree; argument?: Tree };
    const target = type === "AssignmentExpression" ? left : type === "UpdateExpression" ? argument : undefined;
    return target?.type === "Identifier" && target.name === name;
  });
}

/** Whether a part of what the name holds is assigned to. */
function changesParts(node: Node, name: string): boolean {
  return some(node, (each) => {
    const { type, left, argument } = each as unknown as { type: string; left?: Tree; argument?: Tree };
    let target = type === "AssignmentExpression" ? left : type === "UpdateExpression" ? argument : undefined;
    if (target?.type !== "MemberExpression") return false;
    while (target?.type === "MemberExpression") target = target.object;
    return target?.type === "Identifier" && target.name === name;
  });
}

function some(node: Node, holds: (node: Node) => boolean): boolean {
  if (holds(node)) return true;
  for (const child of children(node, ["typeAnnotation"])) if (some(child, holds)) return true;
  return false;
}
