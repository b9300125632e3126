/**
 * Builds BTF type by type. Asking twice for the same type gives the same id, and ids and strings
 * are numbered in the order of asking, so the same calls give the same bytes on every machine.
 * A type is built after those it refers to; a pointer to a struct that is built later, or to itself,
 * points to a forward declaration (`fwd`).
 */
import type { BtfMember, IntEncoding, TypeId } from "./btf.ts";
import { BtfError } from "./errors.ts";
import { encodeBlob } from "./encode.ts";
import { IntFlag, Kind, LINKAGES } from "./format.ts";

export type Linkage = (typeof LINKAGES)[number];
/** `bitSize` is 0 or left out for what is no bit field. */
export type MemberInit = Omit<BtfMember, "bitSize"> & { readonly bitSize?: number };

const FLAG = 0x8000_0000;
const MAX_ENTRIES = 0xffff;

export class BtfBuilder {
  readonly #words: number[] = [];
  readonly #ids = new Map<string, TypeId>();
  readonly #strings = new Map<string, number>([["", 0]]);
  #stringBytes = 1;

  /** The offset of a text in the string section, where it is put if it is not there yet. */
  string(text: string): number {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    if (text.includes("\0")) throw new BtfError(`a BTF string may not hold a NUL: ${JSON.stringify(text)}`);
    const offset = this.#stringBytes;
    this.#strings.set(text, offset);
    this.#stringBytes += new TextEncoder().encode(text).length + 1;
    return offset;
  }

  /** `size` in bytes. */
  int(name: string, size: 1 | 2 | 4 | 8 | 16, encoding: IntEncoding): TypeId {
    const flags = { unsigned: 0, signed: IntFlag.SIGNED, char: IntFlag.CHAR, bool: IntFlag.BOOL }[encoding];
    return this.#add(Kind.INT, name, size, [flags << 24 | size * 8]);
  }

  /** A pointer; to type 0 it is `void *`. */
  ptr(type: TypeId): TypeId {
    return this.#add(Kind.PTR, "", type);
  }

  array(type: TypeId, length: number): TypeId {
    return this.#add(Kind.ARRAY, "", 0, [type, this.int("__ARRAY_SIZE_TYPE__", 4, "unsigned"), length]);
  }

  /** `size` in bytes; members in the order of their offsets, which the kernel insists on. */
  struct(name: string, size: number, members: readonly MemberInit[]): TypeId {
    return this.#composite(Kind.STRUCT, name, size, members);
  }

  union(name: string, size: number, members: readonly MemberInit[]): TypeId {
    return this.#composite(Kind.UNION, name, size, members);
  }

  /** An enum of 8 bytes is BTF's enum64, which kernels before 6.0 do not know. */
  enum(name: string, size: 1 | 2 | 4 | 8, signed: boolean, values: readonly { readonly name: string; readonly value: bigint | number }[]): TypeId {
    const words = values.flatMap((entry) => {
      const value = BigInt.asUintN(64, BigInt(entry.value));
      const low = Number(value & 0xffff_ffffn);
      return size === 8 ? [this.string(entry.name), low, Number(value >> 32n)] : [this.string(entry.name), low];
    });
    return this.#add(size === 8 ? Kind.ENUM64 : Kind.ENUM, name, size, words, values.length, signed);
  }

  fwd(name: string, union: boolean): TypeId {
    return this.#add(Kind.FWD, name, 0, [], 0, union);
  }

  typedef(name: string, type: TypeId): TypeId {
    return this.#add(Kind.TYPEDEF, name, type);
  }

  const(type: TypeId): TypeId {
    return this.#add(Kind.CONST, "", type);
  }

  volatile(type: TypeId): TypeId {
    return this.#add(Kind.VOLATILE, "", type);
  }

  restrict(type: TypeId): TypeId {
    return this.#add(Kind.RESTRICT, "", type);
  }

  typeTag(tag: string, type: TypeId): TypeId {
    return this.#add(Kind.TYPE_TAG, tag, type);
  }

  /** `component` is a member's or parameter's index, or -1 for the type itself. */
  declTag(tag: string, type: TypeId, component: number): TypeId {
    return this.#add(Kind.DECL_TAG, tag, type, [component]);
  }

  float(name: string, size: 2 | 4 | 8 | 12 | 16): TypeId {
    return this.#add(Kind.FLOAT, name, size);
  }

  /** Parameters of a function that has a body must have names. */
  funcProto(result: TypeId, params: readonly { readonly name: string; readonly type: TypeId }[]): TypeId {
    return this.#add(Kind.FUNC_PROTO, "", result, params.flatMap(({ name, type }) => [this.string(name), type]), params.length);
  }

  func(name: string, prototype: TypeId, linkage: Linkage): TypeId {
    return this.#add(Kind.FUNC, name, prototype, [], LINKAGES.indexOf(linkage));
  }

  var(name: string, type: TypeId, linkage: Linkage): TypeId {
    return this.#add(Kind.VAR, name, type, [LINKAGES.indexOf(linkage)]);
  }

  /** `variables` are ids of {@link var}, in the order of their offsets. */
  datasec(name: string, size: number, variables: readonly { readonly type: TypeId; readonly offset: number; readonly size: number }[]): TypeId {
    return this.#add(Kind.DATASEC, name, size, variables.flatMap((entry) => [entry.type, entry.offset, entry.size]), variables.length);
  }

  /** The blob as it stands; more may be added and encoded again. */
  encode(): Uint8Array {
    return encodeBlob(Uint32Array.from(this.#words), new TextEncoder().encode([...this.#strings.keys()].join("\0") + "\0"));
  }

  #composite(kind: number, name: string, size: number, members: readonly MemberInit[]): TypeId {
    const bitFields = members.some((member) => (member.bitSize ?? 0) > 0);
    const words = members.flatMap(({ name: memberName, type, bitOffset, bitSize }) =>
      [this.string(memberName), type, bitFields ? (bitSize ?? 0) << 24 | bitOffset : bitOffset]);
    return this.#add(kind, name, size, words, members.length, bitFields);
  }

  #add(kind: number, name: string, sizeOrType: number, extra: readonly number[] = [], vlen = 0, flag = false): TypeId {
    if (vlen > MAX_ENTRIES) throw new BtfError(`BTF type "${name}" has ${vlen} entries, more than ${MAX_ENTRIES}`);
    const words = [this.string(name), (flag ? FLAG : 0) + (kind << 24 | vlen), sizeOrType, ...extra];
    const key = words.join();
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#ids.size + 1;
    this.#ids.set(key, id);
    for (const word of words) this.#words.push(word);
    return id;
  }
}
