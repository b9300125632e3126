/** Types of the kernel, from BTF and from C's text, as types of the language. */
import { findMember, isComposite, resolve, type Btf, type TypeId } from "@sonde/bpf/btf";
import type { Target, TracepointField } from "@sonde/bpf/spec";
import type { TypeName } from "../ast.ts";
import type { AddressSpace, Type } from "../types.ts";
import { BOOL, NONE, VOID, int, stringOf } from "../values.ts";

/** How memory at a type's place is reached. */
export interface Place {
  readonly space: AddressSpace;
  readonly trusted: boolean;
}

export const KERNEL: Place = { space: "kernel", trusted: false };
export const USER: Place = { space: "user", trusted: false };

/** The language's view of a BTF type found at `place`; none for what it has no type for. */
export function fromBtf(btf: Btf, id: TypeId, place: Place): Type {
  const type = resolve(btf, id);
  switch (type.kind) {
    case "void":
      return VOID;
    case "int":
      if (type.encoding === "bool") return BOOL;
      return type.size <= 8 ? int(type.size, type.encoding !== "unsigned") : NONE;
    case "enum":
    case "enum64":
      return enumType(type);
    case "ptr":
      return pointerTo(btf, type.type, place);
    case "array": {
      const element = resolve(btf, type.type);
      if (
        element.kind === "int" &&
        element.size === 1 &&
        element.encoding !== "bool" &&
        isChar(btf, type.type) &&
        type.length > 0
      )
        return stringOf(type.length);
      return { kind: "array", element: fromBtf(btf, type.type, place), length: type.length, ...place };
    }
    case "struct":
    case "union":
      return {
        kind: "struct",
        typeId: type.id,
        name: `${type.kind} ${type.name || "(anonymous)"}`,
        size: type.size,
        ...place,
      };
    case "fwd": {
      const defined = definition(btf, type.name, type.union);
      if (defined !== undefined) return fromBtf(btf, defined, place);
      return {
        kind: "struct",
        typeId: type.id,
        name: `${type.union ? "union" : "struct"} ${type.name}`,
        size: 0,
        ...place,
      };
    }
    default:
      return NONE;
  }
}

/** C's own type is named "char"; u8 and __u8 arrays are bytes, not text. */
function isChar(btf: Btf, id: TypeId): boolean {
  let type = btf.type(id);
  while (type.kind === "const" || type.kind === "volatile") type = btf.type(type.type);
  return type.kind === "int" && type.name === "char";
}

function definition(btf: Btf, name: string, union: boolean): TypeId | undefined {
  return btf.find(name, union ? "union" : "struct")[0];
}

/**
 * A pointer found at `place`. Direct loads stay possible behind a trusted pointer only where it
 * points to a struct of the kernel; BTF's type tags say where a pointer leads elsewhere.
 */
function pointerTo(btf: Btf, to: TypeId, place: Place): Type {
  const tags: string[] = [];
  let type = btf.type(to);
  while (type.kind === "typeTag" || type.kind === "const" || type.kind === "volatile" || type.kind === "restrict") {
    if (type.kind === "typeTag") tags.push(type.name);
    type = btf.type(type.type);
  }
  const user = place.space === "user" || tags.includes("user");
  const target = resolve(btf, to);
  const trusted = place.trusted && !user && !tags.includes("percpu") && isComposite(target);
  const inner: Place = { space: user ? "user" : "kernel", trusted };
  return { kind: "pointer", to: target.kind === "funcProto" ? VOID : fromBtf(btf, to, inner), ...inner };
}

function enumType(type: {
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}): Type {
  const names: Record<string, string> = {};
  for (const { name, value } of type.values) names[String(value)] ??= name;
  const { size, signed } = int(type.size, type.signed);
  return { kind: "enum", name: type.name, size, signed, names };
}

/** The type of a copy that was kept in memory: the verifier has forgotten where it came from. */
export function untrusted(type: Type): Type {
  switch (type.kind) {
    case "pointer":
      return { ...type, trusted: false, to: untrusted(type.to) };
    case "struct":
      return { ...type, trusted: false };
    case "array":
      return { ...type, trusted: false, element: untrusted(type.element) };
    case "tuple":
      return { ...type, items: type.items.map(untrusted) };
    default:
      return type;
  }
}

/** A member's type, seen through its struct; undefined if there is none of this name. */
export function memberType(btf: Btf, struct: Type & { kind: "struct" }, name: string): Type | undefined {
  const found = findMember(btf, struct.typeId, name);
  return found === undefined ? undefined : fromBtf(btf, found.type, { space: struct.space, trusted: struct.trusted });
}

/** Names of a struct's members, those of anonymous members among them. */
export function* memberNames(btf: Btf, id: TypeId): Iterable<string> {
  const type = resolve(btf, id);
  if (!isComposite(type)) return;
  for (const member of type.members) {
    if (member.name === "") yield* memberNames(btf, member.type);
    else yield member.name;
  }
}

/** Where types are looked up. To open the kernel's takes 4 ms, so it is read only for a name that C does not define. */
type KernelTypes = Pick<Target, "btf">;

/** A type by its name in a script; undefined where no such type is known. */
export function fromName(kernel: KernelTypes, written: TypeName, place: Place): Type | undefined {
  const base =
    written.tag === undefined
      ? plainType(kernel, written, place)
      : taggedType(kernel, written.tag, written.name, place);
  if (base === undefined) return undefined;
  const lengths = isSized(written.name) && written.tag === undefined ? written.lengths.slice(1) : written.lengths;
  return wrapped(base, { pointers: written.pointers, lengths }, place);
}

/** Pointers to a type, and arrays of them. */
export function wrapped(base: Type, { pointers, lengths }: Pick<TypeName, "pointers" | "lengths">, place: Place): Type {
  let type = base;
  if (type.kind === "none") return type;
  for (let i = 0; i < pointers; i++) type = { kind: "pointer", to: type, ...place };
  for (const length of lengths.toReversed()) type = { kind: "array", element: type, length, ...place };
  return type;
}

function plainType(kernel: KernelTypes, written: TypeName, place: Place): Type | undefined {
  const { name, lengths } = written;
  if (isSized(name)) return { kind: name, size: lengths[0] ?? 64 };
  if (name === "void") return VOID;
  if (name === "bool") return BOOL;
  const integer = cInteger(name);
  if (integer !== undefined) return integer;
  const { btf } = kernel;
  if (btf === undefined) return undefined;
  const typedef = btf.find(name, "typedef")[0];
  if (typedef !== undefined) return fromBtf(btf, typedef, place);
  return (
    taggedType(kernel, "struct", name, place) ??
    taggedType(kernel, "union", name, place) ??
    taggedType(kernel, "enum", name, place)
  );
}

function isSized(name: string): name is "string" | "buffer" {
  return name === "string" || name === "buffer";
}

function taggedType(
  { btf }: KernelTypes,
  tag: "struct" | "union" | "enum",
  name: string,
  place: Place,
): Type | undefined {
  const id = btf?.find(name, tag)[0] ?? (tag === "enum" ? btf?.find(name, "enum64")[0] : undefined);
  return btf === undefined || id === undefined ? undefined : fromBtf(btf, id, place);
}

/** C's and the language's integers by name. */
export function cInteger(name: string): Type | undefined {
  const sized = /^(?:__)?([us]|u?int)(8|16|32|64)(?:_t)?$/.exec(name);
  if (sized !== null) return int(Number(sized[2]) / 8, !(sized[1] ?? "").startsWith("u"));
  if (!/^(unsigned|signed|char|short|int|long)( |$)/.test(name)) return undefined;
  const size = /\blong\b/.test(name) ? 8 : /\bchar\b/.test(name) ? 1 : /\bshort\b/.test(name) ? 2 : 4;
  return int(size, !/\bunsigned\b/.test(name));
}

/** The type of a tracepoint's field, by its declaration in the format file; undefined where it has none here. */
export function fieldType(
  kernel: KernelTypes,
  field: TracepointField,
  place: Place,
  maxString: number,
): Type | undefined {
  const text = field.type
    .replace(/\b(const|volatile)\b|__user|__rcu/g, "")
    .replace(/\s+/g, " ")
    .trim();
  const located = /^__data_loc (.*)\[\]$/.exec(text);
  // The bytes lie at the end of the record, in the program's own context.
  if (located !== null) return located[1]?.trim() === "char" ? stringOf(maxString) : undefined;
  if (text.startsWith("__rel_loc")) return undefined;
  const array = /^(.*?)\s*\[(\w*)\]$/.exec(text);
  if (array !== null) return arrayField(kernel, field, (array[1] ?? "").trim());
  const pointer = /^(.*?)\s*((?:\* ?)+)$/.exec(text);
  if (pointer !== null) {
    const stars = (pointer[2] ?? "").replaceAll(" ", "").length;
    let type = fromText(kernel, pointer[1] ?? "", place) ?? VOID;
    for (let i = 0; i < stars; i++) type = { kind: "pointer", to: type, ...place };
    return type;
  }
  if (text === "bool") return BOOL;
  const tagged = /^(struct|union|enum) /.test(text)
    ? fromText(kernel, text, { space: "program", trusted: false })
    : undefined;
  if (tagged?.kind === "enum") return { ...tagged, size: int(field.size, field.signed).size };
  if (tagged !== undefined) return tagged;
  return [1, 2, 4, 8].includes(field.size) ? int(field.size, field.signed) : undefined;
}

/** An array within the record. Its length may be a macro in the declaration, so it is computed from the size. */
function arrayField(kernel: KernelTypes, field: TracepointField, element: string): Type | undefined {
  if (element === "char") return stringOf(field.size);
  const type = fromText(kernel, element, { space: "program", trusted: false });
  const size = type?.kind === "int" ? type.size : type?.kind === "struct" ? type.size : 0;
  return type === undefined || size === 0
    ? undefined
    : { kind: "array", element: type, length: Math.floor(field.size / size), space: "program", trusted: false };
}

function fromText(kernel: KernelTypes, text: string, place: Place): Type | undefined {
  const [, tag, name = ""] = /^(?:(struct|union|enum) )?(.*)$/.exec(text) ?? [];
  const span = { start: 0, end: 0 };
  return fromName(
    kernel,
    { kind: "typeName", span, tag: tag as TypeName["tag"], name, pointers: 0, lengths: [] },
    place,
  );
}
