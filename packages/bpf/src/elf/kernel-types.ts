/**
 * The kernel takes no types of what an object does not define. Before an object's BTF is loaded its
 * externs are turned into something that the kernel takes, of the same ids and sizes, as libbpf does:
 *
 *     extern variable          a global one
 *     extern function          a global one, every parameter of its prototype named
 *     functions in `.ksyms`    stand in for by a variable: a section holds nothing else
 *     offsets in `.ksyms`      one after the other
 *     offsets in `.kconfig`    those of the map that holds the values
 */
import type { BtfType } from "../btf/btf.ts";
import { encodeBlob } from "../btf/encode.ts";
import { Kind, LINKAGES } from "../btf/format.ts";
import { readSections } from "../btf/header.ts";
import { sizeOf } from "../btf/members.ts";
import { BtfReader } from "../btf/reader.ts";
import type { ObjectSpec } from "../spec/spec.ts";
import { SectionName } from "./format.ts";

const GLOBAL = LINKAGES.indexOf("global");

/** The BTF of an object as BPF_BTF_LOAD takes it: `spec.btf` itself if it has no externs. */
export function kernelTypes(spec: Pick<ObjectSpec, "btf" | "externs">): Uint8Array {
  const { externs = [] } = spec;
  if (externs.length === 0 || spec.btf.length === 0) return spec.btf;
  return new Rewriter(spec.btf).rewrite(
    new Map(externs.map((extern) => [extern.name, extern.kind === "kconfig" ? extern.offset : 0])),
  );
}

class Rewriter {
  readonly #btf: BtfReader;
  readonly #words: number[];
  readonly #strings: Uint8Array;
  readonly #parameterName: number;

  constructor(blob: Uint8Array) {
    const { types, strings } = readSections(blob);
    this.#btf = new BtfReader(blob);
    this.#words = Array.from(types);
    this.#parameterName = strings.length;
    this.#strings = Uint8Array.of(...strings, 0x70, 0);
  }

  rewrite(offsets: ReadonlyMap<string, number>): Uint8Array {
    const stand = this.#standIn();
    for (let id = 1; id < this.#btf.size; id++) {
      const type = this.#btf.type(id);
      const at = this.#at(id);
      if (type.kind === "var" && type.linkage === "extern") this.#words[at + 3] = GLOBAL;
      if (type.kind === "func" && type.linkage === "extern") this.#defineFunction(type, at);
      if (type.kind !== "datasec") continue;
      if (type.name === SectionName.KSYMS) this.#layOutSymbols(type, at, stand);
      if (type.name === SectionName.KCONFIG) this.#layOutConfig(type, at, offsets);
    }
    return encodeBlob(Uint32Array.from(this.#words), this.#strings);
  }

  /** A variable of four bytes, put behind all types. */
  #standIn(): number {
    const int = this.#btf.size;
    this.#words.push(this.#parameterName, Kind.INT << 24, 4, 32, this.#parameterName, Kind.VAR << 24, int, GLOBAL);
    return int + 1;
  }

  #defineFunction(type: Extract<BtfType, { kind: "func" }>, at: number): void {
    this.#words[at + 1] = (Kind.FUNC << 24) | GLOBAL;
    const prototype = this.#btf.type(type.type);
    if (prototype.kind !== "funcProto") return;
    for (const [index, { name, type: parameter }] of prototype.params.entries()) {
      if (name === "" && parameter !== 0) this.#words[this.#at(prototype.id) + 3 + index * 2] = this.#parameterName;
    }
  }

  #layOutSymbols(type: Extract<BtfType, { kind: "datasec" }>, at: number, stand: number): void {
    for (const [index, { type: id }] of type.variables.entries()) {
      const entry = at + 3 + index * 3;
      const variable = this.#btf.type(id);
      // The type does not matter, and `const void` has no size.
      if (variable.kind === "var") this.#words[this.#at(id) + 2] = this.#btf.size;
      this.#words.splice(entry, 3, variable.kind === "func" ? stand : id, index * 4, 4);
    }
    this.#words[at + 2] = type.variables.length * 4;
  }

  #layOutConfig(type: Extract<BtfType, { kind: "datasec" }>, at: number, offsets: ReadonlyMap<string, number>): void {
    const placed = type.variables
      .map(({ type: id }) => {
        const variable = this.#btf.type(id);
        return [id, variable.kind === "var" ? (offsets.get(variable.name) ?? 0) : 0, sizeOf(this.#btf, id)] as const;
      })
      .sort((a, b) => a[1] - b[1]);
    const [, offset = 0, size = 0] = placed.at(-1) ?? [];
    this.#words[at + 2] = offset + size;
    this.#words.splice(at + 3, placed.length * 3, ...placed.flat());
  }

  #at(id: number): number {
    return this.#btf.index.offsets[id - 1]!;
  }
}
