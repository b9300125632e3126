/** Adds types behind those of a BTF blob, whose ids stay what they are. */
import type { TypeId } from "../../btf/btf.ts";
import { encodeBlob } from "../../btf/encode.ts";
import { Kind, LINKAGES } from "../../btf/format.ts";
import { readSections } from "../../btf/header.ts";
import { BtfReader } from "../../btf/reader.ts";
import { StringSection } from "../../btf/strings.ts";

export class BtfExtension {
  /** The types that were there before. */
  readonly before: BtfReader;
  readonly #blob: Uint8Array;
  readonly #words: number[] = [];
  readonly #added = new Map<string, TypeId>();
  readonly #strings: StringSection;
  readonly #texts = new Map<string, number>();
  readonly #addedTexts: Uint8Array[] = [];
  readonly #renamed = new Map<TypeId, number>();
  #end: number;

  constructor(blob: Uint8Array) {
    this.#blob = blob;
    this.before = new BtfReader(blob);
    this.#strings = new StringSection(readSections(blob).strings);
    this.#end = this.#strings.bytes.length;
  }

  /** `int (*)[length]`: how definitions of maps say a number. */
  number(length: number): TypeId {
    return this.ptr(this.array(this.int(), length));
  }

  int(): TypeId {
    return this.before.find("int", "int")[0] ?? this.#add(Kind.INT, "int", 4, [0x0100_0020]);
  }

  ptr(type: TypeId): TypeId {
    return this.#add(Kind.PTR, "", type, []);
  }

  array(type: TypeId, length: number): TypeId {
    return this.#add(Kind.ARRAY, "", 0, [type, this.int(), length]);
  }

  /** `int ()(void *)`: any program, for definitions of prog arrays. */
  program(): TypeId {
    return this.#add(Kind.FUNC_PROTO, "", this.int(), [this.#text("ctx"), this.ptr(0)], 1);
  }

  /** Sizes in bytes. */
  struct(
    members: readonly { readonly name: string; readonly type: TypeId; readonly offset: number }[],
    size: number,
  ): TypeId {
    return this.#add(
      Kind.STRUCT,
      "",
      size,
      members.flatMap(({ name, type, offset }) => [this.#text(name), type, offset * 8]),
      members.length,
    );
  }

  /** `enum { name = value }`. */
  constant(name: string, value: bigint): TypeId {
    return this.#add(Kind.ENUM64, "", 8, [this.#text(name), Number(value & 0xffff_ffffn), Number(value >> 32n)], 1);
  }

  variable(name: string, type: TypeId): TypeId {
    return this.#add(Kind.VAR, name, type, [LINKAGES.indexOf("global")]);
  }

  /** In place of a section of this name that is there already. */
  datasec(
    name: string,
    size: number,
    variables: readonly { readonly type: TypeId; readonly offset: number; readonly size: number }[],
  ): TypeId {
    for (const id of this.before.find(name, "datasec")) this.#renamed.set(id, this.#text(`${name}.unused`));
    return this.#add(
      Kind.DATASEC,
      name,
      size,
      variables.flatMap(({ type, offset, size: bytes }) => [type, offset, bytes]),
      variables.length,
    );
  }

  /** The blob itself if nothing was added. */
  encode(): Uint8Array {
    if (this.#words.length === 0) return this.#blob;
    const before = readSections(this.#blob).types;
    const words = new Uint32Array(before.length + this.#words.length);
    words.set(before);
    words.set(this.#words, before.length);
    for (const [id, name] of this.#renamed) words[this.before.index.offsets[id - 1]!] = name;
    const strings = new Uint8Array(this.#end);
    strings.set(this.#strings.bytes);
    let at = this.#strings.bytes.length;
    for (const text of this.#addedTexts) {
      strings.set(text, at);
      at += text.length;
    }
    return encodeBlob(words, strings);
  }

  #text(text: string): number {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    // Once each, since readers take the first place of a text for the only one.
    const present = this.#strings.find(text);
    const offset = present === -1 ? this.#end : present;
    this.#texts.set(text, offset);
    if (present === -1) {
      const bytes = new TextEncoder().encode(`${text}\0`);
      this.#addedTexts.push(bytes);
      this.#end += bytes.length;
    }
    return offset;
  }

  #add(kind: number, name: string, sizeOrType: number, extra: readonly number[], vlen = 0): TypeId {
    const words = [name === "" ? 0 : this.#text(name), ((kind << 24) | vlen) >>> 0, sizeOrType, ...extra];
    const key = words.join();
    let id = this.#added.get(key);
    if (id === undefined) {
      id = this.before.size + this.#added.size;
      this.#added.set(key, id);
      this.#words.push(...words);
    }
    return id;
  }
}
