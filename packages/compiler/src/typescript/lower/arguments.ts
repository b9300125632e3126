/** A handler's argument: what the hook hands over, by name. */
import { findMember, memberNames, type Btf, type TypeId } from "@sonde/bpf/btf";
import { didYouMean, refuse } from "../../diagnostics/index.ts";
import { pointerTo, type Inst } from "../../ir/index.ts";
import { fieldExists, type FieldPath, type Place } from "../../lowering/memory.ts";
import { registers } from "../../lowering/registers.ts";
import type { ArgumentKind, ProbeDeclaration } from "../authoring/declarations.ts";
import { otherRecordName, recordStruct } from "../kernel/records.ts";
import { syscallArguments } from "../kernel/syscalls.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node } from "../syntax/ast.ts";
import { fromBtf } from "../types/from-btf.ts";
import {
  functionPrototype,
  pointerMembers,
  tracepointNames,
  tracepointPrototype,
  type Param,
} from "../types/prototypes.ts";
import { BOOL, isScalar, S64, U64, type ScalarType, type Type } from "../types/type.ts";
import { PACKET_READS, packetLength } from "./packets.ts";
import { readPlace } from "./places.ts";
import { memberPrototype } from "./struct-ops.ts";
import type { Program } from "./program.ts";
import { convert } from "./scalar.ts";
import type { Value } from "./value.ts";

export type ArgumentSource =
  /** Each parameter of the handler is one. */
  | { readonly kind: "usdt"; readonly title: string }
  /** The same in words at context + 8 * index. */
  | {
      readonly kind: "parameters";
      readonly params: readonly Param[];
      readonly result: Type | undefined;
      readonly title: string;
    }
  /** Fields of the record that the context points to, a struct of BTF's. */
  | { readonly kind: "record"; readonly struct: TypeId; readonly title: string }
  /** The numbered arguments of a system call, with their names. */
  | { readonly kind: "syscall"; readonly struct: TypeId; readonly params: readonly Param[]; readonly title: string }
  /** A struct of the interface between kernel and programs, which never changes. */
  | { readonly kind: "context"; readonly struct: TypeId; readonly title: string }
  | {
      readonly kind: "packet";
      readonly struct: TypeId;
      readonly start: number;
      readonly end: number;
      readonly title: string;
    }
  /** Words at context + 8 * index; `mayEnd`: pointers may be null, when there is nothing left to be told of. */
  | {
      readonly kind: "words";
      readonly params: readonly Param[];
      readonly result: Type | undefined;
      readonly mayEnd?: boolean;
      readonly title: string;
    }
  /** struct pt_regs in the context. */
  | {
      readonly kind: "registers";
      readonly params: readonly Param[];
      readonly result: Type | undefined;
      readonly title: string;
    };

/** Those that a handler finds by their names in its one parameter. */
export type NamedArguments = Exclude<ArgumentSource, { kind: "usdt" | "parameters" }>;

/** What the handler of a probe is given; undefined if its hook has nothing to give. */
export function argumentSource(btf: Btf | undefined, probe: ProbeDeclaration): ArgumentSource | undefined {
  const { argument, title, site } = probe;
  const needed = (): Btf =>
    btf ?? refuse(messages.unknownKernel, spanOf(site.node), "BTF for", title, "build with --btf FILE");
  const argumentNode = (site.node as unknown as { arguments: readonly Node[] }).arguments[0] ?? site.node;
  const missing = (what: string, name: string, names: Iterable<string>): never =>
    refuse(messages.unknownKernel, spanOf(argumentNode), what, name, didYouMean(name, names));
  switch (argument.kind) {
    case "record":
      return recordSource(needed(), argument, title, () =>
        missing(
          "tracepoint",
          `${argument.category}:${argument.event}`,
          prefixed(argument.category, tracepointNames(needed())),
        ),
      );
    case "btfTracepoint": {
      const prototype = tracepointPrototype(needed(), argument.event);
      if (prototype === undefined) return missing("tracepoint", argument.event, tracepointNames(needed()));
      return { kind: "words", params: prototype.params, result: undefined, title };
    }
    case "usdt":
      return { kind: "usdt", title };
    case "structOps": {
      const { params, result } = memberPrototype(needed(), argument.struct, argument.member, argumentNode);
      return { kind: "parameters", params, result, title };
    }
    case "rawTracepoint":
      return { kind: "words", params: numbered(12), result: undefined, title };
    case "function": {
      const prototype = functionPrototype(needed(), argument.function);
      if (prototype === undefined) return missing("function", argument.function, needed().names("func"));
      const { params, result } = prototype;
      return { kind: "words", params, result: argument.onReturn ? result : undefined, title };
    }
    case "registers": {
      const known = argument.function === undefined ? undefined : functionPrototype(needed(), argument.function);
      if (argument.function !== undefined && known === undefined)
        return missing("function", argument.function, needed().names("func"));
      if (argument.onReturn) return { kind: "registers", params: [], result: known?.result ?? S64, title };
      return { kind: "registers", params: known?.params ?? numbered(6), result: undefined, title };
    }
    case "iterator": {
      const btf = needed();
      const prototype = functionPrototype(btf, `${ITERATOR}${argument.target}`);
      if (prototype === undefined) return missing("iterator", argument.target, iteratorNames(btf));
      return { kind: "words", params: prototype.params, result: undefined, mayEnd: true, title };
    }
    case "pointers": {
      const params = pointerMembers(needed(), argument.struct);
      if (params === undefined) return missing("struct", argument.struct, []);
      return { kind: "words", params, result: undefined, title };
    }
    case "context":
    case "packet": {
      const struct = needed().find(argument.struct, "struct")[0];
      if (struct === undefined) return missing("struct", argument.struct, []);
      return argument.kind === "context"
        ? { kind: "context", struct, title }
        : { kind: "packet", struct, start: argument.start, end: argument.end, title };
    }
    default:
      return undefined;
  }
}

function* prefixed(category: string, names: Iterable<string>): Iterable<string> {
  for (const name of names) yield `${category}:${name}`;
}

function numbered(count: number): readonly Param[] {
  return Array.from({ length: count }, (_, index) => ({ name: `arg${index}`, type: U64 }));
}

function recordSource(
  btf: Btf,
  { category, event }: ArgumentKind & { kind: "record" },
  title: string,
  missing: () => never,
): ArgumentSource {
  if (category === "syscalls") {
    const enter = event.startsWith("sys_enter_");
    const [struct] = btf.find(enter ? "trace_event_raw_sys_enter" : "trace_event_raw_sys_exit", "struct");
    const params = enter ? syscallArguments(event.slice("sys_enter_".length)) : [];
    if (struct === undefined || params === undefined) return missing();
    return { kind: "syscall", struct, params, title };
  }
  const struct = recordStruct(btf, event);
  return struct === undefined ? missing() : { kind: "record", struct, title };
}

/** The field, or argument, `name`. */
export function argument(p: Program, source: NamedArguments, name: string, node: Node): Value {
  switch (source.kind) {
    case "record":
      return recordField(p, source, name, node);
    case "syscall":
      return syscallField(p, source, name, node);
    case "context":
    case "packet":
      return contextField(p, source, name, node);
    default: {
      const index = source.params.findIndex((param) => param.name === name);
      const { builder } = p;
      if (index >= 0) {
        const { type } = source.params[index]!;
        if (type === undefined || !isScalar(type)) return refuse(messages.wrongHost, spanOf(node), name);
        if (source.kind === "words") return source.mayEnd === true ? present(p, index, type) : word(p, index, type);
        const offset = registers(p.object.target.arch).arguments[index];
        if (offset === undefined)
          return refuse(messages.noField, spanOf(node), source.title, name, "it is not in a register");
        return scalar(p, builder.load(p.context(), offset, 8), type);
      }
      if (name === "retval" && source.result !== undefined && isScalar(source.result)) {
        if (source.kind === "words") return word(p, source.params.length, source.result);
        const { result } = registers(p.object.target.arch);
        return scalar(p, builder.load(p.context(), result, 8), source.result);
      }
      return noArgument(source, name, node);
    }
  }
}

/** Contexts are read as they are laid out for programs; what the kernel rewrites stays in place. */
function contextField(
  p: Program,
  source: ArgumentSource & { kind: "context" | "packet" },
  name: string,
  node: Node,
): Value {
  if (source.kind === "packet" && name === "length") return packetLength(p, source);
  const btf = p.object.target.btf!;
  const found = findMember(btf, source.struct, name);
  const type = found && fromBtf(btf, found.type);
  if (found === undefined || type === undefined || (source.kind === "packet" && /^data(_end|_meta)?$/.test(name))) {
    const names = [
      ...(source.kind === "packet" ? ["length", ...PACKET_READS] : []),
      ...memberNames(btf, source.struct),
    ];
    return refuse(messages.noField, spanOf(node), source.title, name, didYouMean(name, names));
  }
  const offset = found.bitOffset / 8;
  return readPlace(p, { base: p.context(), offset, space: "program", trusted: false }, type);
}

function noArgument(source: ArgumentSource & { params: readonly Param[] }, name: string, node: Node): never {
  const names = source.params.map((param) => param.name);
  if ((source.kind === "words" || source.kind === "registers") && source.result !== undefined) names.push("retval");
  const known = names.length === 0 ? "it has none" : `it has ${names.join(", ")}`;
  return refuse(messages.noField, spanOf(node), source.title, name, didYouMean(name, names) ?? known);
}

/** What the handler's parameter number `index` is. */
export function parameter(
  p: Program,
  source: ArgumentSource & { kind: "parameters" },
  index: number,
  node: Node,
): Value {
  const { params, title } = source;
  const type = params[index]?.type;
  if (index >= params.length)
    return refuse(messages.argumentCount, spanOf(node), title, `at most ${params.length}`, index + 1);
  return type !== undefined && isScalar(type) ? word(p, index, type) : refuse(messages.wrongHost, spanOf(node), title);
}

function word(p: Program, index: number, type: ScalarType): Value {
  const { builder } = p;
  const trusted = type.kind === "pointer" && type.followed;
  const inst = builder.load(p.context(), index * 8, 8, trusted ? { type: pointerTo("trusted") } : {});
  return trusted ? { kind: "scalar", inst, type } : scalar(p, inst, type);
}

/** A word of an iterator: the program has nothing to do where a pointer is null, at the end. */
function present(p: Program, index: number, type: ScalarType): Value {
  const { builder } = p;
  if (type.kind !== "pointer" || !type.followed || index === META) return word(p, index, type);
  const pointer = builder.load(p.context(), index * 8, 8, { type: pointerTo("trustedOrNull") });
  let inst = pointer;
  p.ifNonNull(
    pointer,
    "trusted",
    (found) => (inst = found),
    () => p.leave(),
  );
  return { kind: "scalar", inst, type };
}

/** The first parameter of all iterators, which is always there: `struct bpf_iter_meta *`. */
const META = 0;
/** What the kernel calls the function that stands for an iterator. */
const ITERATOR = "bpf_iter_";

function* iteratorNames(btf: Btf): Iterable<string> {
  for (const name of btf.names("func"))
    if (name.startsWith(ITERATOR) && functionPrototype(btf, name)?.params[META]?.name === "meta")
      yield name.slice(ITERATOR.length);
}

/** Only the low bytes of a word are the argument. */
function scalar(p: Program, inst: Inst, type: ScalarType): Value {
  if (type.kind === "int") return { kind: "scalar", inst: convert(p, { inst, type: U64 }, type), type };
  if (type.kind === "bool") return { kind: "scalar", inst: p.builder.binary("and", inst, p.constant(1)), type };
  return { kind: "scalar", inst, type };
}

function recordField(p: Program, source: ArgumentSource & { kind: "record" }, name: string, node: Node): Value {
  const btf = p.object.target.btf!;
  const place = (path: readonly number[], bitOffset: number): Place => ({
    base: p.context(),
    offset: bitOffset / 8,
    space: "program",
    trusted: false,
    field: recordPath(btf, source.struct, path),
  });
  const found = findMember(btf, source.struct, name);
  if (found !== undefined && name !== "ent") {
    const type = fromBtf(btf, found.type);
    if (type === undefined) return refuse(messages.wrongHost, spanOf(node), name);
    return readPlace(p, place(found.path, found.bitOffset), type);
  }
  for (const prefix of DYNAMIC) {
    const dynamic = findMember(btf, source.struct, `${prefix}${name}`);
    if (dynamic !== undefined) return dynamicData(p, place(dynamic.path, dynamic.bitOffset), prefix === "__rel_loc_");
  }
  return noRecordField(btf, source, name, node);
}

/** How a record names its parts of variable length. */
const DYNAMIC = ["__data_loc_", "__rel_loc_"];

function recordPath(btf: Btf, struct: TypeId, path: readonly number[]): FieldPath {
  const type = btf.type(struct);
  const otherName = "name" in type ? otherRecordName(type.name) : undefined;
  return { struct, path, ...(otherName === undefined ? {} : { otherName }) };
}

/** `"name" in event`: whether the running kernel's record has the field. */
export function recordHas(p: Program, source: ArgumentSource & { kind: "record" }, name: string, node: Node): Value {
  const btf = p.object.target.btf!;
  const found = ["", ...DYNAMIC].map((prefix) => findMember(btf, source.struct, prefix + name)).find(Boolean);
  if (found === undefined) return noRecordField(btf, source, name, node);
  return { kind: "scalar", inst: fieldExists(p, recordPath(btf, source.struct, found.path)), type: BOOL };
}

function noRecordField(btf: Btf, source: ArgumentSource & { kind: "record" }, name: string, node: Node): never {
  const names = memberNames(btf, source.struct)
    .map((each) => each.replace(/^__(data|rel)_loc_/, ""))
    .filter((each) => !["ent", "__data", "type", "flags", "preempt_count", "pid"].includes(each) || each === "pid");
  return refuse(
    messages.noField,
    spanOf(node),
    source.title,
    name,
    didYouMean(name, names) ?? `it has ${names.join(", ")}`,
  );
}

/** The longest text that a record's part of variable length is taken for. */
const DYNAMIC_BYTES = 256;

/** The low half of the field is the offset: from the record's start, or from the field's end for `__rel_loc`. */
function dynamicData(p: Program, at: Place, relative: boolean): Value {
  const { builder } = p;
  const field = readPlace(p, at, { kind: "int", size: 4, signed: false });
  if (field.kind !== "scalar") throw new Error("a field's offset is a number");
  const start = builder.binary("and", field.inst, p.constant(0xffff));
  const base = builder.binary("add", p.context(), start);
  const place: Place = { base, offset: relative ? at.offset + 4 : 0, space: "kernel", trusted: false };
  return { kind: "memory", place, type: { kind: "text", size: DYNAMIC_BYTES } };
}

/** The records of system calls are the same on every kernel: a number, then six words. */
const SYSCALL_WORDS = 16;

function syscallField(p: Program, source: ArgumentSource & { kind: "syscall" }, name: string, node: Node): Value {
  const { builder } = p;
  const load = (offset: number, type: ScalarType): Value => scalar(p, builder.load(p.context(), offset, 8), type);
  if (name === "ret" && source.title.includes(":sys_exit_")) return load(SYSCALL_WORDS, S64);
  if (name === "id") return load(8, S64);
  const index = source.params.findIndex((param) => param.name === name);
  const type = source.params[index]?.type;
  if (type === undefined || !isScalar(type)) return noArgument(source, name, node);
  return load(SYSCALL_WORDS + index * 8, type);
}
