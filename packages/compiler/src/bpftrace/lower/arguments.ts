/** The probe's own arguments: `args.name`, `argN`, `retval`. */
import { Helper } from "../../lowering/helpers.ts";
import type { TracepointField, UsdtArgument } from "@sonde/bpf/spec";
import { pointerTo, type Inst } from "../../ir/index.ts";
import type { Expr, Member, Span } from "../ast.ts";
import type { ParamPlace, RegisterParam, Type } from "../types.ts";
import type { Handler } from "./handler.ts";
import { int } from "../values.ts";
import { address, read, type Place } from "./memory.ts";
import { noArgument, refuse, unknownMember } from "./messages.ts";
import { fit } from "./operators.ts";
import { registers } from "../../lowering/registers.ts";

type ArgumentMember = Member & { readonly object: Extract<Expr, { kind: "builtin" }> };

/** Whether `e` is `args.name`. */
export function isArgument(e: Expr): e is ArgumentMember {
  return e.kind === "member" && e.object.kind === "builtin" && e.object.name === "args";
}

/** Where a tracepoint's field lies in its record; undefined for probes whose arguments are in registers. */
export function argumentPlace(h: Handler, e: ArgumentMember): Place | undefined {
  const source = h.variant.arguments;
  const registers = structRegisters(h, e);
  if (registers !== undefined) return structPlace(h, registers, e.span);
  if (source.kind !== "tracepoint") return undefined;
  const field = source.format.fields.find(({ name }) => name === e.name);
  if (field === undefined)
    return refuse(unknownMember, e.nameSpan, `${source.format.category}:${source.format.name}`, e.name);
  if (isDynamic(field)) return dynamicData(h, field);
  // Programs may load from their context only what is aligned; the rest is read like any kernel memory.
  const aligned = field.offset % Math.min(field.size, 8) === 0 || field.type.includes("[");
  return { base: h.context(), offset: field.offset, space: aligned ? "program" : "kernel", trusted: false };
}

/** Whether `args.name` lies in memory as it is, so that parts of it can be read. */
export function isArgumentInMemory(h: Handler, e: ArgumentMember): boolean {
  return h.variant.arguments.kind === "tracepoint" || structRegisters(h, e) !== undefined;
}

/** The registers that a struct was passed in. */
function structRegisters(h: Handler, e: ArgumentMember): readonly number[] | undefined {
  const source = h.variant.arguments;
  const param = source.kind === "registers" ? source.params.find(({ name }) => name === e.name) : undefined;
  return param?.place?.kind === "struct" ? param.place.registers : undefined;
}

/** A struct that was passed in registers is put together again. */
function structPlace(h: Handler, registers: readonly number[], span: Span): Place {
  const { builder } = h;
  const spot = h.temporary(registers.length * 8, "argument", span);
  registers.forEach((register, index) =>
    builder.store(spot.base, spot.offset + index * 8, 8, builder.load(h.context(), register, 8)),
  );
  return { ...spot, space: "program", trusted: false };
}

/** Data of variable length follows the record; its field says where. */
function isDynamic(field: TracepointField): boolean {
  return field.type.startsWith("__data_loc") || field.type.startsWith("__rel_loc");
}

/** The low half of the field is the offset: from the record's start, or from the field's end for `__rel_loc`. */
function dynamicData(h: Handler, field: TracepointField): Place {
  const { builder } = h;
  const context = h.context();
  const start = builder.binary("and", builder.load(context, field.offset, 4), h.constant(0xffff));
  const base = builder.binary("add", context, start);
  return {
    base,
    offset: field.type.startsWith("__rel_loc") ? field.offset + field.size : 0,
    space: "kernel",
    trusted: false,
  };
}

/** The value of `args.name` where arguments are in an array or in registers. */
export function argumentByName(h: Handler, e: ArgumentMember): Inst {
  const source = h.variant.arguments;
  if (source.kind === "array" || source.kind === "registers") {
    const index = source.params.findIndex(({ name }) => name === e.name);
    const param: RegisterParam | undefined = source.params[index];
    if (param?.place !== undefined) return inPlace(h, param.place, param.type, e.span);
    if (param !== undefined) return argument(h, index, param.type, e.span);
    if (e.name === "retval") return result(h, h.typeOf(e), e.span);
  }
  return refuse(unknownMember, e.nameSpan, "args", e.name);
}

/** The value of an argument where debugging information says that it is; of a struct, its address. */
function inPlace(h: Handler, place: ParamPlace, type: Type, span: Span): Inst {
  const { builder } = h;
  switch (place.kind) {
    case "constant":
      return h.constant(place.value);
    case "register":
      return fit(h, plus(h, builder.load(h.context(), place.register, 8), place.plus ?? 0), type);
    case "struct":
      return address(h, structPlace(h, place.registers, span));
    case "memory": {
      const start = plus(h, builder.load(h.context(), place.pointer, 8), place.offset);
      if (type.kind === "struct" || type.kind === "array" || type.kind === "string") return start;
      return read(h, { base: start, offset: 0, space: "user", trusted: false }, type, span);
    }
  }
}

function plus(h: Handler, value: Inst, distance: number): Inst {
  return distance === 0 ? value : h.builder.binary("add", value, h.constant(distance));
}

/** Argument number `index`, from 0. */
export function argument(h: Handler, index: number, type: Type, span: Span): Inst {
  const { builder } = h;
  const source = h.variant.arguments;
  if (source.kind === "usdt") return fromNote(h, source.places[index], span, index);
  if (source.kind !== "registers") return fromArray(h, index, type);
  const offsets = registers(h.object.target.arch).arguments;
  const offset = offsets[index];
  if (offset === undefined) return refuse(noArgument, span, `arg${index}`, offsets.length);
  return fit(h, builder.load(h.context(), offset, 8), type);
}

/** An argument of a usdt probe, where the probe's note says that it is. */
function fromNote(h: Handler, argument: UsdtArgument | undefined, span: Span, index: number): Inst {
  const { builder } = h;
  if (argument === undefined) return refuse(unknownMember, span, "this probe", `arg${index}`);
  const { place, size, signed } = argument;
  const register = (offset: number): Inst => builder.load(h.context(), offset, 8);
  switch (place.kind) {
    case "constant":
      return h.constant(place.value);
    case "register":
      return size === 8 ? register(place.register) : builder.extend(register(place.register), narrow(size), signed);
    case "memory": {
      const base = builder.binary("add", register(place.register), h.constant(place.offset));
      const scaled =
        place.index === undefined
          ? base
          : builder.binary("add", base, builder.binary("mul", register(place.index), h.constant(place.scale ?? 1)));
      const memory: Place = { base: scaled, offset: 0, space: "user", trusted: false };
      return read(h, memory, int(size, signed), span);
    }
  }
}

function narrow(size: number): 8 | 16 | 32 {
  return size === 1 ? 8 : size === 2 ? 16 : 32;
}

/** What the function returned. */
export function result(h: Handler, type: Type, span: Span): Inst {
  const { builder } = h;
  const source = h.variant.arguments;
  const [target] = h.variant.attach;
  if (target?.kind === "fentry" && target.program !== undefined) {
    // How many arguments a program's function has is for the kernel to say: five where it does not trust the types.
    builder.call(Helper.funcRet, [h.context(), h.word()]);
    return fit(h, builder.load(h.word(), 0, 8), type);
  }
  if (source.kind === "array") return fromArray(h, source.params.length, type);
  if (source.kind !== "registers") return refuse(unknownMember, span, "this probe", "retval");
  return fit(h, builder.load(h.context(), registers(h.object.target.arch).result, 8), type);
}

function fromArray(h: Handler, index: number, type: Type): Inst {
  const { builder } = h;
  const trusted = type.kind === "pointer" && type.trusted;
  const value = builder.load(h.context(), index * 8, 8, trusted ? { type: pointerTo("trusted") } : {});
  return trusted ? value : fit(h, value, type);
}
