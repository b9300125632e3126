/** What lies where: members of the kernel's structs, fields of records, elements of arrays. */
import { findMember, memberNames, resolve, type FoundMember } from "@sonde/bpf/btf";
import { didYouMean, refuse } from "../../diagnostics/index.ts";
import type { Inst } from "../../ir/index.ts";
import { address, fieldExists, readValue, type Place } from "../../lowering/memory.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node } from "../syntax/ast.ts";
import { fromBtf } from "../types/from-btf.ts";
import {
  BOOL,
  isScalar,
  sizeOfType,
  type ArrayType,
  type PointerType,
  type StructType,
  type Type,
} from "../types/type.ts";
import type { Program } from "./program.ts";
import { accessOf, type Scalar } from "./scalar.ts";
import type { Value } from "./value.ts";

/** The value at a place: read at once if a register holds it. */
export function readPlace(p: Program, place: Place, type: Type): Value {
  if (!isScalar(type)) return { kind: "memory", place, type };
  const trusted = type.kind === "pointer" && type.followed && place.trusted;
  return { kind: "scalar", inst: readValue(p, place, { ...accessOf(type), trusted }), type };
}

/** The place behind a pointer. */
export function behind(pointer: Scalar & { readonly type: PointerType }): Place {
  const { inst, type } = pointer;
  const trusted = inst.type.kind === "pointer" && inst.type.to === "trusted";
  return { base: inst, offset: 0, space: type.user ? "user" : "kernel", trusted };
}

/** `pointer.name`: a member of the struct that it points to. */
export function memberBehind(
  p: Program,
  pointer: Scalar & { readonly type: PointerType },
  name: string,
  node: Node,
): Value {
  return memberOf(p, behind(pointer), structBehind(p, pointer.type, name, node), name, node);
}

export function structBehind(p: Program, pointer: PointerType, name: string, node: Node): StructType {
  const { btf } = p.object.target;
  const target = btf && pointer.to !== 0 ? resolve(btf, pointer.to) : undefined;
  const type = target && fromBtf(btf!, target.id);
  return type?.kind === "struct"
    ? type
    : refuse(messages.noField, spanOf(node), "a pointer to no struct", name, undefined);
}

/** Whether the kernel that the object is loaded on has the member. */
export function memberExists(p: Program, outer: Place, struct: StructType, name: string, node: Node): Value {
  const found = memberFound(p, struct, name, node);
  const path = outer.field === undefined ? found.path : [...outer.field.path, ...found.path];
  const inst = fieldExists(p, { ...outer.field, struct: outer.field?.struct ?? struct.typeId, path });
  return { kind: "scalar", inst, type: BOOL };
}

export function memberBehindExists(p: Program, pointer: PointerType, name: string, node: Node): Value {
  const struct = structBehind(p, pointer, name, node);
  const found = memberFound(p, struct, name, node);
  return { kind: "scalar", inst: fieldExists(p, { struct: struct.typeId, path: found.path }), type: BOOL };
}

function memberFound(p: Program, struct: StructType, name: string, node: Node): FoundMember {
  const btf = p.object.target.btf!;
  const found = findMember(btf, struct.typeId, name);
  if (found !== undefined) return found;
  const names = memberNames(btf, struct.typeId);
  return refuse(messages.noField, spanOf(node), struct.name || "the struct", name, didYouMean(name, names));
}

/** A member of a struct of the kernel's, found again on the kernel that the object is loaded on. */
export function memberOf(p: Program, outer: Place, struct: StructType, name: string, node: Node): Value {
  const { place, type } = memberPlace(p, outer, struct, name, node);
  return readPlace(p, place, type);
}

/** Where a member of a struct of the kernel's lies. */
export function memberPlace(
  p: Program,
  outer: Place,
  struct: StructType,
  name: string,
  node: Node,
): { readonly place: Place; readonly type: Type } {
  const btf = p.object.target.btf!;
  const found = memberFound(p, struct, name, node);
  const type = fromBtf(btf, found.type);
  if (type === undefined) return refuse(messages.wrongHost, spanOf(node), name);
  const start = outer.field === undefined && outer.offset !== 0 ? flatten(p, outer) : outer;
  const field =
    start.field === undefined
      ? { struct: struct.typeId, path: found.path }
      : { ...start.field, path: [...start.field.path, ...found.path] };
  const { base, space, trusted, offset } = start;
  if (found.bitSize > 0) {
    const bits = { offset: offset * 8 + found.bitOffset, size: found.bitSize };
    return { place: { base, offset: 0, space, trusted, field, bits }, type };
  }
  return { place: { base, offset: offset + found.bitOffset / 8, space, trusted, field }, type };
}

/** Element number `index`, known at build time. */
export function elementAt(p: Program, outer: Place, type: ArrayType, index: number): Value {
  return readPlace(p, elementPlace(outer, type, index), type.element);
}

export function elementPlace(outer: Place, type: ArrayType, index: number): Place {
  const offset = outer.offset + index * sizeOfType(type.element);
  const field = outer.field && { ...outer.field, path: [...outer.field.path, index] };
  return { ...outer, offset, ...(field === undefined ? {} : { field }) };
}

/** An element of the program's own memory; beyond the end it is the first one, since there the kernel allows none. */
export function elementWithin(p: Program, place: Place, type: ArrayType, number: Inst): Place {
  const { builder } = p;
  const index = builder.variable("index");
  builder.write(index, number);
  p.when(
    { kind: "uge", a: number, b: p.constant(type.length) },
    () => builder.write(index, p.constant(0)),
    undefined,
    false,
  );
  const distance = builder.binary("mul", builder.read(index), p.constant(sizeOfType(type.element)));
  const base = builder.binary("add", place.base, distance);
  if (p.exclusive.has(place.base)) p.exclusive.add(base);
  return { base, offset: place.offset, space: "program", trusted: false };
}

/** The same place with nothing left to add. */
export function flatten(p: Program, outer: Place): Place {
  return { base: address(p, outer), offset: 0, space: outer.space, trusted: outer.trusted };
}
