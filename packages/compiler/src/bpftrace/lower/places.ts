/** Which memory an expression names: members, elements, what pointers point to. */
import { findMember } from "@sonde/bpf/btf";
import type { Expr, Index, Member } from "../ast.ts";
import { itemIndex } from "../check/members.ts";
import type { Type } from "../types.ts";
import { typeText } from "../values.ts";
import { argumentPlace, isArgument, isArgumentInMemory } from "./arguments.ts";
import { constantArgument } from "./calls.ts";
import { scalar } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import { byteSize, itemOffset } from "./layout.ts";
import { address, type Place } from "./memory.ts";
import { notReadable, refuse, unknownMember } from "./messages.ts";
import { numberOf, unknownNumber } from "./operators.ts";
import { temporaryOf } from "./values.ts";

/** Whether `e` is read from where it lies rather than computed. */
export function hasPlace(h: Handler, e: Expr): boolean {
  switch (e.kind) {
    case "member":
      return isArgument(e) ? isArgumentInMemory(h, e) : h.typeOf(e.object).kind !== "args";
    case "index":
      return true;
    case "unary":
      return e.op === "*";
    default:
      return false;
  }
}

export function place(h: Handler, e: Expr): Place {
  switch (e.kind) {
    case "member": {
      if (!isArgument(e)) return member(h, e);
      const found = argumentPlace(h, e);
      if (found !== undefined) return found;
      return behind(h, e);
    }
    case "index":
      return element(h, e);
    case "unary":
      if (e.op === "*") return behind(h, e.operand);
      return refuse(notReadable, e.span, "this");
    case "call":
      // The address of what the call has made, as pton() does.
      if (h.typeOf(e).kind === "array") return { base: scalar(h, e), offset: 0, space: "program", trusted: false };
      return ownMemory(h, e);
    default:
      return ownMemory(h, e);
  }
}

/** The place that the pointer (or the struct that is an argument, known by its address) `e` stands for. */
function behind(h: Handler, e: Expr): Place {
  const type = h.typeOf(e);
  switch (type.kind) {
    case "pointer":
      return { base: scalar(h, e), offset: 0, space: type.space, trusted: type.trusted };
    case "struct":
    case "array":
      return { base: scalar(h, e), offset: 0, space: type.space, trusted: type.trusted };
    case "int":
      return { base: scalar(h, e), offset: 0, space: h.variant.user ? "user" : "kernel", trusted: false };
    default:
      return refuse(notReadable, e.span, `a value of type ${typeText(type)}`);
  }
}

/** The place of what is no part of anything: a variable, a map's value, a tuple, all in the program's own memory. */
function ownMemory(h: Handler, e: Expr): Place {
  return { ...temporaryOf(h, e), space: "program", trusted: false };
}

function member(h: Handler, e: Member): Place {
  const object = h.typeOf(e.object);
  if (object.kind === "tuple") return tupleItem(h, e.object, object, itemIndex(object, e.name));
  const outer = object.kind === "pointer" ? behind(h, e.object) : place(h, e.object);
  const type = object.kind === "pointer" ? object.to : object;
  if (type.kind !== "struct") return refuse(unknownMember, e.nameSpan, typeText(object), e.name);
  const { btf } = h.object.target;
  const found = btf && findMember(btf, type.typeId, e.name);
  if (found === undefined) return refuse(unknownMember, e.nameSpan, typeText(type), e.name);
  // Records of tracepoints hold their structs by value, laid out as the Target's format says; the script's
  // own structs lie as it says.
  if (outer.space === "program" || type.typeId >= h.program.firstOwnType) return inRecord(outer, found);
  const start = outer.field === undefined && outer.offset !== 0 ? flatten(h, outer) : outer;
  const field =
    start.field === undefined
      ? { struct: type.typeId, path: found.path }
      : { struct: start.field.struct, path: [...start.field.path, ...found.path] };
  const { base, space, trusted, offset } = start;
  if (found.bitSize > 0) {
    return {
      base,
      offset: 0,
      space,
      trusted,
      field,
      bits: { offset: offset * 8 + found.bitOffset, size: found.bitSize },
    };
  }
  return { base, offset: offset + found.bitOffset / 8, space, trusted, field };
}

function inRecord(
  outer: Place,
  { bitOffset, bitSize }: { readonly bitOffset: number; readonly bitSize: number },
): Place {
  if (bitSize > 0) return { ...outer, offset: 0, bits: { offset: outer.offset * 8 + bitOffset, size: bitSize } };
  return { ...outer, offset: outer.offset + bitOffset / 8 };
}

function tupleItem(h: Handler, tuple: Expr, type: Type & { kind: "tuple" }, index: number): Place {
  const outer = place(h, tuple);
  return { ...outer, offset: outer.offset + itemOffset(type, index) };
}

function element(h: Handler, e: Index): Place {
  const object = h.typeOf(e.object);
  if (object.kind === "tuple") return tupleItem(h, e.object, object, constantArgument(h, e.index));
  const whole = object.kind === "array" || object.kind === "string";
  const outer = whole ? place(h, e.object) : behind(h, e.object);
  const type = object.kind === "array" ? object.element : object.kind === "pointer" ? object.to : h.typeOf(e);
  const size = byteSize(type);
  if (e.index.kind === "int") {
    const offset = outer.offset + Number(e.index.value) * size;
    if (outer.field === undefined || object.kind !== "array") return { ...outer, offset };
    return { ...outer, offset, field: { ...outer.field, path: [...outer.field.path, Number(e.index.value)] } };
  }
  const { builder } = h;
  const distance = builder.binary("mul", scalar(h, e.index), h.constant(size));
  const start = flatten(h, outer);
  // The verifier knows no bounds for a computed index: such elements are read through a helper.
  const base = start.space === "program" ? unknownNumber(h, start.base) : numberOf(h, start.base);
  return {
    base: builder.binary("add", base, distance),
    offset: 0,
    space: start.space === "user" ? "user" : "kernel",
    trusted: false,
  };
}

/** The same place with nothing left to add. */
function flatten(h: Handler, outer: Place): Place {
  return { base: address(h, outer), offset: 0, space: outer.space, trusted: outer.trusted };
}
