/**
 * Builds BTF type by type. Asking twice for the same type gives the same id, and ids and strings
 * are numbered in the order of asking, so the same calls give the same bytes on every machine.
 *
 * A type is built after those it refers to. Where structs refer to each other in a circle, one of
 * them is declared first and defined once the others are there:
 *
 *     const node = builder.declare("struct", "node");
 *     builder.define(node, 8, [{ name: "next", type: builder.ptr(node), bitOffset: 0 }]);
 */
import type { BtfMember, IntEncoding, TypeId } from "./btf.ts";
import { BtfError } from "./errors.ts";
import { encodeBlob } from "./encode.ts";
import type { EncodeOptions } from "./encode-types.ts";
import type { LINKAGES } from "./format.ts";
import type { ByteOrder } from "./header.ts";
import { StringTable } from "./string-table.ts";
import { typeWords } from "./type-words.ts";
import type { BtfTypeInit } from "./type-words.ts";

export type Linkage = (typeof LINKAGES)[number];
/** `bitSize` is 0 or left out for what is no bit field. */
export type MemberInit = Omit<BtfMember, "bitSize"> & { readonly bitSize?: number };
export type BtfBuilderOptions = EncodeOptions;

export class BtfBuilder {
  /** The words of each type; none for one that is declared and not yet defined. */
  readonly #types: (readonly number[])[] = [];
  readonly #ids = new Map<string, TypeId>();
  readonly #declared = new Map<TypeId, { readonly kind: "struct" | "union"; readonly name: string }>();
  readonly #strings: StringTable;
  readonly #firstId: TypeId;
  readonly #byteOrder: ByteOrder | undefined;
  readonly #string = (text: string): number => this.string(text);

  /** With a base the blob is split BTF: its types may refer to those of the base, and are numbered behind them. */
  constructor({ base, byteOrder }: BtfBuilderOptions = {}) {
    this.#strings = new StringTable(base);
    this.#firstId = base?.size ?? 1;
    this.#byteOrder = byteOrder;
  }

  /** The offset of a text in the string section, where it is put if it is not there yet. */
  string(text: string): number {
    return this.#strings.offset(text);
  }

  /** Any type, as a reader gives it but for its id. */
  add(type: BtfTypeInit): TypeId {
    const words = typeWords(type, this.#string);
    const key = words.join();
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#append(words);
    this.#ids.set(key, id);
    return id;
  }

  /** A struct or union that is named now and must be {@link define}d before it is encoded. */
  declare(kind: "struct" | "union", name: string): TypeId {
    const id = this.#append([]);
    this.#declared.set(id, { kind, name });
    return id;
  }

  /** `size` in bytes. Throws BtfError for an id that {@link declare} did not give, or that is defined already. */
  define(id: TypeId, size: number, members: readonly MemberInit[]): void {
    const declared = this.#declared.get(id);
    if (declared === undefined) throw new BtfError(`BTF type ${id} is not declared, or is defined already`);
    this.#types[id - this.#firstId] = typeWords({ ...declared, size, members: members.map(wholeMember) }, this.#string);
    this.#declared.delete(id);
  }

  /** `size` in bytes. */
  int(name: string, size: 1 | 2 | 4 | 8 | 16, encoding: IntEncoding): TypeId {
    return this.add({ kind: "int", name, size, bits: size * 8, bitOffset: 0, encoding });
  }

  /** A pointer; to type 0 it is `void *`. */
  ptr(type: TypeId): TypeId {
    return this.add({ kind: "ptr", type });
  }

  array(type: TypeId, length: number): TypeId {
    return this.add({ kind: "array", type, index: this.int("__ARRAY_SIZE_TYPE__", 4, "unsigned"), length });
  }

  /** `size` in bytes; members in the order of their offsets, which the kernel insists on. */
  struct(name: string, size: number, members: readonly MemberInit[]): TypeId {
    return this.add({ kind: "struct", name, size, members: members.map(wholeMember) });
  }

  union(name: string, size: number, members: readonly MemberInit[]): TypeId {
    return this.add({ kind: "union", name, size, members: members.map(wholeMember) });
  }

  /** An enum of 8 bytes is BTF's enum64, which kernels before 6.0 do not know. */
  enum(
    name: string,
    size: 1 | 2 | 4 | 8,
    signed: boolean,
    values: readonly { readonly name: string; readonly value: bigint | number }[],
  ): TypeId {
    const wide = values.map((entry) => ({ name: entry.name, value: BigInt(entry.value) }));
    return this.add({ kind: size === 8 ? "enum64" : "enum", name, size, signed, values: wide });
  }

  fwd(name: string, union: boolean): TypeId {
    return this.add({ kind: "fwd", name, union });
  }

  typedef(name: string, type: TypeId): TypeId {
    return this.add({ kind: "typedef", name, type });
  }

  const(type: TypeId): TypeId {
    return this.add({ kind: "const", type });
  }

  volatile(type: TypeId): TypeId {
    return this.add({ kind: "volatile", type });
  }

  restrict(type: TypeId): TypeId {
    return this.add({ kind: "restrict", type });
  }

  typeTag(tag: string, type: TypeId): TypeId {
    return this.add({ kind: "typeTag", name: tag, type });
  }

  /** `component` is a member's or parameter's index, or -1 for the type itself. */
  declTag(tag: string, type: TypeId, component: number): TypeId {
    return this.add({ kind: "declTag", name: tag, type, component });
  }

  float(name: string, size: 2 | 4 | 8 | 12 | 16): TypeId {
    return this.add({ kind: "float", name, size });
  }

  /** Parameters of a function that has a body must have names. */
  funcProto(result: TypeId, params: readonly { readonly name: string; readonly type: TypeId }[]): TypeId {
    return this.add({ kind: "funcProto", result, params });
  }

  func(name: string, prototype: TypeId, linkage: Linkage): TypeId {
    return this.add({ kind: "func", name, type: prototype, linkage });
  }

  var(name: string, type: TypeId, linkage: Linkage): TypeId {
    return this.add({ kind: "var", name, type, linkage });
  }

  /** `variables` are ids of {@link var}, in the order of their offsets. */
  datasec(
    name: string,
    size: number,
    variables: readonly { readonly type: TypeId; readonly offset: number; readonly size: number }[],
  ): TypeId {
    return this.add({ kind: "datasec", name, size, variables });
  }

  /** The blob as it stands; more may be added and encoded again. Throws BtfError for a type that is only declared. */
  encode(): Uint8Array {
    for (const [id, { kind, name }] of this.#declared)
      throw new BtfError(`${kind} ${name} (BTF type ${id}) was declared and never defined`);
    return encodeBlob(this.#types.flat(), this.#strings.encode(), this.#byteOrder);
  }

  #append(words: readonly number[]): TypeId {
    return this.#firstId + this.#types.push(words) - 1;
  }
}

function wholeMember({ name, type, bitOffset, bitSize = 0 }: MemberInit): BtfMember {
  return { name, type, bitOffset, bitSize };
}
