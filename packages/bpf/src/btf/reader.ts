/**
 * BTF read lazily: opening it finds the start of every type, nothing more; a type is decoded when
 * asked for and kept. The kernel's own BTF has some 130,000 types in five megabytes, of which a
 * program looks at a few dozen, so the blob (a memory mapping, usually) is never copied.
 */
import type { Btf, BtfKind, BtfType, TypeId } from "./btf.ts";
import { decodeType } from "./decode.ts";
import { BtfError } from "./errors.ts";
import { KIND_NAMES, kindOf } from "./format.ts";
import { readSections } from "./header.ts";
import type { ByteOrder } from "./header.ts";
import { buildIndex } from "./index-table.ts";
import type { BtfIndex } from "./index-table.ts";
import { StringSection } from "./strings.ts";

export interface BtfReaderOptions {
  /** For split BTF (a kernel module's): the BTF whose types and strings come before. */
  readonly base?: BtfReader;
  /** An index made earlier from the same bytes, see {@link loadIndex}. */
  readonly index?: BtfIndex;
}

export class BtfReader implements Btf {
  readonly size: number;
  /** Where each type starts; keep it with `serialiseIndex` to open the same BTF faster. */
  readonly index: BtfIndex;
  /** Bytes of all strings, those of the base included. */
  readonly stringBytes: number;
  readonly byteOrder: ByteOrder;
  /** The BTF that this one continues, if it is split. */
  readonly base: BtfReader | undefined;
  /** Id of the first type that this blob itself holds: 1, or behind all of the base's. */
  readonly firstId: number;
  readonly #types: Uint32Array;
  readonly #strings: StringSection;
  readonly #decoded = new Map<TypeId, BtfType>();
  readonly #found = new Map<string, readonly TypeId[]>();

  /** `blob` must stay readable as long as the reader is used. Throws BtfError if it is malformed. */
  constructor(blob: Uint8Array, options: BtfReaderOptions = {}) {
    const { types, strings, layouts, byteOrder } = readSections(blob);
    this.#types = types;
    this.#strings = new StringSection(strings);
    this.byteOrder = byteOrder;
    this.base = options.base;
    this.firstId = options.base?.size ?? 1;
    this.index = options.index ?? buildIndex(types, layouts);
    this.size = this.firstId + this.index.offsets.length;
    this.stringBytes = (options.base?.stringBytes ?? 0) + strings.length;
  }

  type(id: TypeId): BtfType {
    if (id === 0) return { kind: "void", id: 0 };
    if (id < this.firstId) return this.base!.type(id);
    const known = this.#decoded.get(id);
    if (known !== undefined) return known;
    const local = id - this.firstId;
    const at = this.index.offsets[local];
    if (at === undefined) throw new BtfError(`BTF has no type ${id}: there are ${this.size}`);
    if (kindOf(this.#types[at + 1] ?? 0) !== this.index.kinds[local]) {
      throw new BtfError(`BTF type ${id}: the index belongs to another BTF; delete the cached index`);
    }
    const type = decodeType(this.#types, at, id, (offset) => this.string(offset));
    this.#decoded.set(id, type);
    return type;
  }

  find(name: string, kind: BtfKind): readonly TypeId[] {
    const key = `${kind} ${name}`;
    let found = this.#found.get(key);
    if (found === undefined) this.#found.set(key, (found = this.#search(name, kind)));
    return found;
  }

  *ids(kind: BtfKind): Iterable<TypeId> {
    if (this.base !== undefined) yield* this.base.ids(kind);
    const number = KIND_NAMES.indexOf(kind);
    const { kinds } = this.index;
    for (let local = kinds.indexOf(number); local !== -1; local = kinds.indexOf(number, local + 1))
      yield local + this.firstId;
  }

  names(kind: BtfKind): Iterable<string> {
    const found: string[] = this.base === undefined ? [] : [...this.base.names(kind)];
    const number = KIND_NAMES.indexOf(kind);
    const { names, kinds } = this.index;
    const first = this.#ownStrings();
    const own = this.#strings.bulk();
    for (let local = kinds.indexOf(number); local !== -1; local = kinds.indexOf(number, local + 1)) {
      const offset = names[local]!;
      found.push(offset < first ? this.string(offset) : own(offset - first));
    }
    return found;
  }

  /** The string at an offset of the string section. */
  string(offset: number): string {
    const own = offset - this.#ownStrings();
    return own < 0 ? this.base!.string(offset) : this.#strings.at(own);
  }

  #search(name: string, kind: BtfKind): TypeId[] {
    const found = this.base === undefined ? [] : [...this.base.find(name, kind)];
    const nameOffset = this.findString(name);
    if (nameOffset === -1) return found;
    const number = KIND_NAMES.indexOf(kind);
    const { names, kinds } = this.index;
    for (let local = names.indexOf(nameOffset); local !== -1; local = names.indexOf(nameOffset, local + 1)) {
      if (kinds[local] === number) found.push(local + this.firstId);
    }
    return found;
  }

  /** The offset at which a string starts, or -1 if neither this BTF nor its base has it. */
  findString(text: string): number {
    const inBase = this.base === undefined ? -1 : this.base.findString(text);
    if (inBase !== -1) return inBase;
    const own = this.#strings.find(text);
    return own === -1 ? -1 : own + this.#ownStrings();
  }

  /** The offset at which this blob's own strings start: behind the base's. */
  #ownStrings(): number {
    return this.base?.stringBytes ?? 0;
  }
}
