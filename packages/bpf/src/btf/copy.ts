/**
 * Local types for CO-RE: from a kernel's BTF, the structs that a program reads, with no more than
 * the members it reads. Pointers lose what they point to but its name, so an object that reads
 * `task->mm->pgd` carries two structs of one member each and not half of the kernel's types.
 *
 * First say what is used, for all programs of the object; then write. Members keep the order of
 * their offsets, as the kernel demands, so their indices are known only at the end.
 */
import type { Btf, BtfType, TypeId } from "./btf.ts";
import type { BtfBuilder } from "./builder.ts";
import { BtfError } from "./errors.ts";
import { isComposite, resolve } from "./members.ts";

export class LocalTypes {
  readonly #source: Btf;
  /** Members (of structs and unions) or enumerators (of enums) in use, by id in the source. */
  readonly #used = new Map<TypeId, Set<number>>();

  constructor(source: Btf) {
    this.#source = source;
  }

  /**
   * Notes that the member at `path` of struct `id` is used. The path holds member indices as
   * `findMember` gives them, and element indices where it goes through an array; an empty path
   * notes the type alone. For an enum the path is the index of one value.
   */
  use(id: TypeId, path: readonly number[]): void {
    let at = id;
    for (const index of path) {
      const type = resolve(this.#source, at);
      if (type.kind === "array") {
        at = type.type;
        continue;
      }
      const used = this.#used.get(type.id) ?? new Set();
      this.#used.set(type.id, used.add(index));
      at = isComposite(type) ? memberAt(type, index).type : 0;
    }
  }

  /** Writes the types used into `builder`; what is used later needs another call. */
  write(builder: BtfBuilder): WrittenTypes {
    return new WrittenTypes(this.#source, this.#used, builder);
  }
}

/** Where the types of {@link LocalTypes} are in the object's own BTF. */
export class WrittenTypes {
  readonly #source: Btf;
  readonly #used: ReadonlyMap<TypeId, ReadonlySet<number>>;
  readonly #builder: BtfBuilder;
  readonly #written = new Map<TypeId, TypeId>();
  readonly #renamed = new Map<string, TypeId>();

  constructor(source: Btf, used: ReadonlyMap<TypeId, ReadonlySet<number>>, builder: BtfBuilder) {
    this.#source = source;
    this.#used = used;
    this.#builder = builder;
  }

  /** The id in the object's BTF of a type of the source. */
  typeId(id: TypeId): TypeId {
    const known = this.#written.get(id);
    if (known !== undefined) return known;
    const written = this.#write(this.#source.type(id));
    this.#written.set(id, written);
    return written;
  }

  /** The same struct under another name, by which other kernels know it. */
  renamed(id: TypeId, name: string): TypeId {
    const key = `${id} ${name}`;
    const type = resolve(this.#source, id);
    if (!isComposite(type)) throw new BtfError(`BTF type ${id} (${type.kind}) has no members`);
    let written = this.#renamed.get(key);
    if (written === undefined) this.#renamed.set(key, (written = this.#write({ ...type, name })));
    return written;
  }

  /** A source path as the access string of a CO-RE relocation against `typeId(id)`: "0:1:0". */
  access(id: TypeId, path: readonly number[]): string {
    let access = "0";
    let at = id;
    for (const index of path) {
      const type = resolve(this.#source, at);
      access += `:${type.kind === "array" ? index : this.#localIndex(type, index)}`;
      at = isComposite(type) ? memberAt(type, index).type : type.kind === "array" ? type.type : 0;
    }
    return access;
  }

  /** The access string of an enum's value. */
  enumerator(id: TypeId, index: number): string {
    return String(this.#localIndex(resolve(this.#source, id), index));
  }

  #localIndex(type: BtfType, index: number): number {
    const position = this.#usedOf(type.id).indexOf(index);
    if (position === -1)
      throw new BtfError(`entry ${index} of BTF type ${type.id} (${type.kind}) was not noted as used`);
    return position;
  }

  #usedOf(id: TypeId): number[] {
    return [...(this.#used.get(id) ?? [])].sort((a, b) => a - b);
  }

  #write(type: BtfType): TypeId {
    const builder = this.#builder;
    switch (type.kind) {
      case "int":
        return builder.int(type.name, type.size as 1 | 2 | 4 | 8 | 16, type.encoding);
      case "float":
        return builder.float(type.name, type.size as 2 | 4 | 8 | 12 | 16);
      case "ptr":
        return builder.ptr(this.#pointee(type.type));
      case "array":
        return builder.array(this.typeId(type.type), type.length);
      case "fwd":
        return builder.fwd(type.name, type.union);
      case "enum":
      case "enum64":
        return builder.enum(
          type.name,
          type.size as 1 | 2 | 4 | 8,
          type.signed,
          this.#usedOf(type.id).map((index) => type.values[index]!),
        );
      case "struct":
      case "union": {
        const members = this.#usedOf(type.id).map((index) => {
          const member = memberAt(type, index);
          return { ...member, type: this.typeId(member.type) };
        });
        return type.kind === "struct"
          ? builder.struct(type.name, type.size, members)
          : builder.union(type.name, type.size, members);
      }
      case "typedef":
        return this.#writeTypedef(type.name, type.type);
      case "const":
      case "volatile":
      case "restrict":
      case "typeTag":
        return this.typeId(type.type);
      default:
        return 0;
    }
  }

  /** A typedef is kept only where it is the one name that a struct or enum has. */
  #writeTypedef(name: string, target: TypeId): TypeId {
    const written = this.typeId(target);
    const type = resolve(this.#source, target);
    return "name" in type && type.name === "" ? this.#builder.typedef(name, written) : written;
  }

  #pointee(id: TypeId): TypeId {
    const type = resolve(this.#source, id);
    if (isComposite(type) && type.name !== "") return this.#builder.fwd(type.name, type.kind === "union");
    return type.kind === "int" || type.kind === "fwd" ? this.typeId(type.id) : 0;
  }
}

function memberAt(
  type: Extract<BtfType, { kind: "struct" | "union" }>,
  index: number,
): { name: string; type: TypeId; bitOffset: number; bitSize: number } {
  const member = type.members[index];
  if (member === undefined)
    throw new BtfError(`${type.kind} ${type.name} has ${type.members.length} members, none numbered ${index}`);
  return member;
}
