/** `a.b` and `a[b]`. */
import { resolve } from "@sonde/bpf/btf";
import { didYouMean, refuse } from "../../diagnostics/index.ts";
import { address, type Place } from "../../lowering/memory.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node, type Tree } from "../syntax/ast.ts";
import { fromBtf } from "../types/from-btf.ts";
import { sizeOfType, typeText, type ArrayType } from "../types/type.ts";
import { argument, recordHas } from "./arguments.ts";
import { expression } from "./expressions.ts";
import { hostMember, isDeclared } from "./hosts.ts";
import {
  behind,
  elementAt,
  elementWithin,
  memberBehind,
  memberBehindExists,
  memberExists,
  memberOf,
  readPlace,
} from "./places.ts";
import { settled } from "./patterns.ts";
import { tableElement } from "./tables.ts";
import type { Program } from "./program.ts";
import { constantNumber, describeValue, scalarOf, textOf, type Scalar } from "./scalar.ts";
import { constant, type Value } from "./value.ts";

/** `object.name`; `outer` if the object is known already. */
export function member(p: Program, node: Tree, outer: Value = expression(p, node.object)): Value {
  const property = node.property as Node & { name: string };
  return field(p, outer, property.name, property, node.object);
}

/** The field `name` of a value. `node` is where the name stands, `of` where the value does. */
export function field(p: Program, outer: Value, name: string, node: Node, of: Node): Value {
  switch (outer.kind) {
    case "arguments":
      return argument(p, outer.source, name, node);
    case "object": {
      const value = outer.fields.get(name);
      return value ?? refuse(messages.noField, spanOf(node), "the object", name, didYouMean(name, outer.fields.keys()));
    }
    case "memory":
      if (outer.type.kind === "struct") return memberOf(p, outer.place, outer.type, name, node);
      if (outer.type.kind === "record") {
        const found = outer.type.fields.find((each) => each.name === name);
        const names = outer.type.fields.map((each) => each.name);
        if (found === undefined)
          return refuse(messages.noField, spanOf(node), typeText(outer.type), name, didYouMean(name, names));
        return readPlace(p, { ...outer.place, offset: outer.place.offset + found.offset }, found.type);
      }
      if (outer.type.kind === "array" && name === "length") return constant(BigInt(outer.type.length));
      break;
    case "scalar":
      if (outer.type.kind === "pointer")
        return memberBehind(p, outer as Scalar & typeof outer & { type: never }, name, node);
      break;
    case "list":
      if (name === "length") return constant(BigInt(outer.items.length));
      break;
    case "host":
      return hostMember(p, outer, name, node);
    case "maybe":
    case "maybeReference":
      return refuse(messages.unchecked, spanOf(of), textOf(of));
    default:
  }
  return refuse(messages.noField, spanOf(node), describeValue(outer), name, undefined);
}

/** `"name" in object`: whether the kernel that the object is loaded on has the field. */
export function has(p: Program, node: Tree): Value {
  const name = expression(p, node.left);
  if (name.kind !== "constant" || typeof name.value !== "string")
    return refuse(messages.notConstant, spanOf(node.left), "the name of a field");
  const outer = expression(p, node.right);
  switch (outer.kind) {
    case "arguments":
      if (outer.source.kind === "record") return recordHas(p, outer.source, name.value, node.left);
      break;
    case "object":
      return constant(outer.fields.has(name.value));
    case "host":
      if (!isDeclared(outer.value)) return constant(name.value in outer.value);
      break;
    case "memory":
      if (outer.type.kind === "struct") return memberExists(p, outer.place, outer.type, name.value, node.left);
      break;
    case "scalar":
      if (outer.type.kind === "pointer") return memberBehindExists(p, outer.type, name.value, node.left);
      break;
    default:
  }
  return refuse(messages.unsupported, spanOf(node), "in", "ask a map by map.has(key)");
}

/** `object[index]`. */
export function index(p: Program, node: Tree): Value {
  const outer = settled(p, expression(p, node.object), node.object);
  const at = expression(p, node.property);
  const known = constantNumber(at);
  switch (outer.kind) {
    case "list": {
      if (known === undefined) return refuse(messages.notConstant, spanOf(node.property), "the index of a list");
      const item = outer.items[Number(known)];
      return (
        item ??
        refuse(messages.noField, spanOf(node.property), `a list of ${outer.items.length}`, String(known), undefined)
      );
    }
    case "host": {
      if (at.kind !== "constant" && Array.isArray(outer.value)) return tableElement(p, outer, at, node.property);
      if (at.kind !== "constant")
        return refuse(messages.notConstant, spanOf(node.property), "the index of a value of the module's");
      return hostMember(p, outer, String(at.value), node.property);
    }
    case "object":
    case "arguments":
      if (at.kind === "constant" && typeof at.value === "string")
        return field(p, outer, at.value, node.property, node.object);
      return refuse(messages.notConstant, spanOf(node.property), "the name of a field");
    case "maybe":
    case "maybeReference":
      return refuse(messages.unchecked, spanOf(node.object), textOf(node.object));
    case "memory": {
      const { type, place } = outer;
      if (type.kind === "text")
        return element(
          p,
          place,
          { kind: "array", element: { kind: "int", size: 1, signed: false }, length: type.size, size: type.size },
          at,
          node,
        );
      if (type.kind === "array") return element(p, place, type, at, node);
      break;
    }
    case "scalar": {
      if (outer.type.kind !== "pointer") break;
      const { btf } = p.object.target;
      const to = btf && outer.type.to !== 0 ? fromBtf(btf, resolve(btf, outer.type.to).id) : undefined;
      if (to === undefined) break;
      const place = behind(outer as never);
      return element(
        p,
        { ...place, trusted: false },
        { kind: "array", element: to, length: Number.MAX_SAFE_INTEGER, size: 0 },
        at,
        node,
      );
    }
    default:
  }
  return refuse(messages.noField, spanOf(node.property), describeValue(outer), "by a number", undefined);
}

function element(p: Program, place: Place, type: ArrayType, at: Value, node: Tree): Value {
  const known = constantNumber(at);
  if (known !== undefined) {
    if (known < 0n || known >= BigInt(type.length))
      return refuse(
        messages.noField,
        spanOf(node.property),
        `an array of ${type.length}`,
        `number ${known}`,
        undefined,
      );
    return elementAt(p, place, type, Number(known));
  }
  const { builder } = p;
  const distance = builder.binary("mul", scalarOf(p, at, node.property).inst, p.constant(sizeOfType(type.element)));
  // The verifier knows no bounds for a computed index: such elements are read through a helper, but those of own memory are bounded.
  if (place.space === "program" && place.base.type.kind === "pointer" && place.base.type.to !== "context")
    return readPlace(p, elementWithin(p, place, type, scalarOf(p, at, node.property).inst), type.element);
  const space = place.space === "user" ? "user" : "kernel";
  return readPlace(
    p,
    { base: builder.binary("add", address(p, place), distance), offset: 0, space, trusted: false },
    type.element,
  );
}
