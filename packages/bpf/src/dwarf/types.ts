/**
 * Types as BTF sees them, so that whoever reads the kernel's types reads a program's as well. A type is
 * made when its id is asked for; what it refers to gets an id, and is made in its turn only if asked for.
 *
 *     class Order : Base { int id; }   ─>   struct Order { struct Base; int id; }   (the base without a name)
 *     Order &                          ─>   struct Order *
 */
import type { Btf, BtfKind, BtfMember, BtfType, TypeId } from "../btf/btf.ts";
import { dimensionsOf } from "./array.ts";
import { AT, ENCODING, TAG } from "./constants.ts";
import type { DebugFile } from "./debug-file.ts";
import type { Entry } from "./entry.ts";
import { memberOffset } from "./members.ts";
import { sizeOfType } from "./sizes.ts";
import { definitionOf, findType } from "./type-search.ts";
import type { Unit } from "./unit.ts";

/** Kinds that are looked up by name. */
const NAMED: Readonly<Partial<Record<BtfKind, ReadonlySet<number>>>> = {
  struct: new Set([TAG.structureType, TAG.classType]),
  union: new Set([TAG.unionType]),
  enum: new Set([TAG.enumerationType]),
  typedef: new Set([TAG.typedef, TAG.templateAlias]),
};
const ENUMS: ReadonlySet<number> = new Set([TAG.enumerationType]);
const MAX_MEMBERS = 1 << 16;
const ANONYMOUS_INT = 0;

/** Types of any number of files; ids are given in the order of asking. */
export class DwarfTypes implements Btf {
  readonly firstId: TypeId;
  readonly #makers: ((id: TypeId) => BtfType)[] = [];
  readonly #made: (BtfType | undefined)[] = [];
  readonly #ids = new Map<DebugFile, Map<number, TypeId>>();
  /** Answers to what was looked for: all of a file is gone through for a name that it does not have. */
  readonly #named = new Map<DebugFile, Map<string, TypeId | undefined>>();

  /** @param firstId ids below belong to someone else */
  constructor(firstId: TypeId) {
    this.firstId = firstId;
  }

  /** The id of a type; 0 for void. */
  idOf(entry: Entry | undefined): TypeId {
    if (entry === undefined) return 0;
    let ids = this.#ids.get(entry.unit.file);
    if (ids === undefined) this.#ids.set(entry.unit.file, (ids = new Map()));
    let id = ids.get(entry.place);
    if (id === undefined) ids.set(entry.place, (id = this.#add((own) => this.#make(own, entry))));
    return id;
  }

  /** Errors: DwarfError for a file that is damaged; RangeError for an id that was never given. */
  type(id: TypeId): BtfType {
    if (id === 0) return { kind: "void", id };
    const index = id - this.firstId;
    const maker = this.#makers[index];
    if (maker === undefined) throw new RangeError(`no type ${id} was made of debugging information`);
    return (this.#made[index] ??= maker(id));
  }

  get size(): number {
    return this.firstId + this.#makers.length;
  }

  /** Among the types that were asked for: nothing lists the others. */
  *ids(kind: BtfKind): Iterable<TypeId> {
    for (const type of this.#made) if (type?.kind === kind) yield type.id;
  }

  *names(kind: BtfKind): Iterable<string> {
    for (const id of this.ids(kind)) yield nameOf(this.type(id));
  }

  /** Among the types that were asked for. */
  find(name: string, kind: BtfKind): readonly TypeId[] {
    return [...this.ids(kind)].filter((id) => nameOf(this.type(id)) === name);
  }

  /** The type of a name in a file, as near to a place of interest as there is one: in its unit, then in any. Errors: DwarfError. */
  named(file: DebugFile, name: string, kind: BtfKind, near?: Unit): TypeId | undefined {
    const key = `${kind} ${name} ${near?.header.place}`;
    let known = this.#named.get(file);
    if (known === undefined) this.#named.set(file, (known = new Map()));
    if (!known.has(key)) {
      const tags = NAMED[kind];
      const found = tags && findType(file, name, tags, near);
      known.set(key, found && this.idOf(found));
    }
    return known.get(key);
  }

  /** A constant of one of a unit's enums, with the enum. Errors: DwarfError. */
  enumerator(unit: Unit, name: string): { readonly value: bigint; readonly type: TypeId } | undefined {
    for (const entry of unit.entries(ENUMS)) {
      const type = this.idOf(entry);
      const made = this.type(type);
      const found = "values" in made ? made.values.find((value) => value.name === name) : undefined;
      if (found !== undefined) return { value: found.value, type };
    }
    return undefined;
  }

  #add(maker: (id: TypeId) => BtfType): TypeId {
    this.#makers.push(maker);
    return this.firstId + this.#makers.length - 1;
  }

  #make(id: TypeId, entry: Entry): BtfType {
    const name = entry.text(AT.name) ?? "";
    switch (entry.tag) {
      case TAG.baseType:
        return baseType(id, name, entry);
      case TAG.pointerType:
      case TAG.referenceType:
      case TAG.rvalueReferenceType:
        return { kind: "ptr", id, type: this.idOf(entry.type) };
      case TAG.ptrToMemberType:
        return {
          kind: "int",
          id,
          name: "long",
          size: sizeOfType(entry) ?? 8,
          bits: 64,
          bitOffset: 0,
          encoding: "signed",
        };
      case TAG.constType:
        return { kind: "const", id, type: this.idOf(entry.type) };
      case TAG.volatileType:
      case TAG.atomicType:
        return { kind: "volatile", id, type: this.idOf(entry.type) };
      case TAG.restrictType:
        return { kind: "restrict", id, type: this.idOf(entry.type) };
      case TAG.typedef:
      case TAG.templateAlias:
        return { kind: "typedef", id, name, type: this.idOf(entry.type) };
      case TAG.arrayType:
        return this.#array(id, entry, dimensionsOf(entry));
      case TAG.structureType:
      case TAG.classType:
        return this.#record(id, "struct", name, entry);
      case TAG.unionType:
        return this.#record(id, "union", name, entry);
      case TAG.enumerationType:
        return enumeration(id, name, entry);
      case TAG.subroutineType:
        return this.#prototype(id, entry);
      default:
        // Such as decltype(nullptr), and whatever other languages have.
        return { kind: "typedef", id, name: name === "" ? "void" : name, type: 0 };
    }
  }

  /** Of several dimensions: an array of arrays. */
  #array(id: TypeId, array: Entry, dimensions: readonly number[]): BtfType {
    const [length = 0, ...inner] = dimensions;
    const type = inner.length === 0 ? this.idOf(array.type) : this.#add((own) => this.#array(own, array, inner));
    return { kind: "array", id, type, index: ANONYMOUS_INT, length };
  }

  /** A declaration has the members of its definition, which is looked for when they are asked for: it may be anywhere. */
  #record(id: TypeId, kind: "struct" | "union", name: string, written: Entry): BtfType {
    const own = written.reference(AT.signature) ?? written;
    const members = (record: Entry): readonly BtfMember[] => this.#members(record);
    if (!own.flag(AT.declaration)) return { kind, id, name, size: own.number(AT.byteSize) ?? 0, members: members(own) };
    let found: readonly BtfMember[] | undefined;
    return {
      kind,
      id,
      name,
      size: 0,
      get members(): readonly BtfMember[] {
        const definition = found === undefined ? definitionOf(own) : undefined;
        return (found ??= definition === undefined ? [] : members(definition));
      },
    };
  }

  #members(record: Entry): readonly BtfMember[] {
    const members: BtfMember[] = [];
    for (const child of record.children()) {
      if (child.tag !== TAG.member && child.tag !== TAG.inheritance) continue;
      const place = memberOffset(child, record);
      if (place === undefined || members.length === MAX_MEMBERS) continue;
      const name = child.tag === TAG.inheritance ? "" : (child.text(AT.name) ?? "");
      members.push({ name, type: this.idOf(child.type), ...place });
    }
    return members;
  }

  #prototype(id: TypeId, entry: Entry): BtfType {
    const params = [...entry.children()]
      .filter(({ tag }) => tag === TAG.formalParameter)
      .map((child) => ({ name: child.text(AT.name) ?? "", type: this.idOf(child.type) }));
    return { kind: "funcProto", id, result: this.idOf(entry.type), params };
  }
}

function nameOf(type: BtfType): string {
  return "name" in type ? type.name : "";
}

function baseType(id: TypeId, name: string, entry: Entry): BtfType {
  const size = entry.number(AT.byteSize) ?? 0;
  const written = entry.number(AT.encoding);
  if (written === ENCODING.float) return { kind: "float", id, name, size };
  const signed = written === ENCODING.signed || written === ENCODING.signedChar;
  const encoding = written === ENCODING.boolean ? "bool" : signed ? "signed" : "unsigned";
  return { kind: "int", id, name, size, bits: size * 8, bitOffset: 0, encoding };
}

function enumeration(id: TypeId, name: string, entry: Entry): BtfType {
  const values: { name: string; value: bigint }[] = [];
  for (const child of entry.children()) {
    if (child.tag !== TAG.enumerator || values.length === MAX_MEMBERS) continue;
    values.push({ name: child.text(AT.name) ?? "", value: child.constant(AT.constValue) ?? 0n });
  }
  const size = entry.number(AT.byteSize) ?? sizeOfType(entry.type) ?? 4;
  return { kind: size > 4 ? "enum64" : "enum", id, name, size, signed: values.some(({ value }) => value < 0n), values };
}
