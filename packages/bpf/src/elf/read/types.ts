/** An object's BTF with what its sections and symbols add to it. */
import type { Btf, BtfType, TypeId } from "../../btf/btf.ts";
import { readSections } from "../../btf/header.ts";
import { BtfReader } from "../../btf/reader.ts";
import { ElfError } from "../errors.ts";
import { Binding, SectionName, SymbolType } from "../format.ts";
import type { ElfFile, ElfSection, ElfSymbol } from "./file.ts";
import { checkStrings } from "./strings.ts";

export type Datasec = Extract<BtfType, { kind: "datasec" }>;

export interface ObjectTypes {
  /** Sizes and offsets of variables filled in, which compilers leave to whoever knows the symbols. */
  readonly blob: Uint8Array;
  readonly btf: BtfReader;
  /** The variables of a section, by its name. */
  datasec(section: string): Datasec | undefined;
}

/** Undefined for an object without BTF. */
export function readTypes(file: ElfFile): ObjectTypes | undefined {
  const section = file.sections.find(({ name }) => name === SectionName.BTF);
  if (section === undefined) return undefined;
  const blob = section.bytes.slice();
  const { types, strings, byteOrder } = readSections(blob);
  if (byteOrder !== "little")
    throw new ElfError("its byte order is not that of the file", { section: section.name, offset: 0 });
  checkStrings(section.name, strings, types.length);
  const first = new BtfReader(blob);
  const hidden = hideFunctions(blob, first, file);
  return objectTypes(blob, placeVariables(blob, first, file) || hidden ? new BtfReader(blob) : first);
}

function objectTypes(blob: Uint8Array, btf: BtfReader): ObjectTypes {
  return {
    blob,
    btf,
    datasec: (section) => {
      const id = btf.find(section, "datasec")[0];
      return id === undefined ? undefined : (btf.type(id) as Datasec);
    },
  };
}

const FUNC_KIND = 12;
const DATASEC_KIND = 15;

/**
 * Hidden functions become static, as libbpf makes them: the verifier walks static ones anew for each call, with what
 * it knows of their arguments there, and global ones once, with nothing known. False if there was nothing to write.
 */
function hideFunctions(blob: Uint8Array, btf: BtfReader, file: ElfFile): boolean {
  const hidden = new Set(
    file.symbols.filter((symbol) => symbol.hidden && symbol.type === SymbolType.FUNC).map(({ name }) => name),
  );
  if (hidden.size === 0) return false;
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  const start = view.getUint32(4, true) + view.getUint32(8, true);
  const { offsets, kinds } = btf.index;
  for (let local = kinds.indexOf(FUNC_KIND); local !== -1; local = kinds.indexOf(FUNC_KIND, local + 1)) {
    const type = btf.type(local + 1);
    // The linkage stands where other kinds count their members: static is 0.
    if (type.kind === "func" && hidden.has(type.name))
      view.setUint32(start + offsets[local]! * 4 + 4, FUNC_KIND << 24, true);
  }
  return true;
}

/** Writes into `blob` what the file's sections and symbols say of its variables; false if there was nothing to write. */
function placeVariables(blob: Uint8Array, btf: BtfReader, file: ElfFile): boolean {
  const sections = new Map(file.sections.map((section): [string, ElfSection] => [section.name, section]));
  const symbols = new Map(
    file.symbols
      .filter(({ binding, section }) => binding !== Binding.LOCAL && section !== undefined)
      .map((symbol): [string, ElfSymbol] => [symbol.name, symbol]),
  );
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  const start = view.getUint32(4, true) + view.getUint32(8, true);
  const { offsets, kinds } = btf.index;
  let changed = false;
  for (let local = kinds.indexOf(DATASEC_KIND); local !== -1; local = kinds.indexOf(DATASEC_KIND, local + 1)) {
    const type = btf.type(local + 1) as Datasec;
    const section = sections.get(type.name);
    if (type.size !== 0 || section === undefined) continue;
    const at = start + offsets[local]! * 4;
    view.setUint32(at + 8, size32(section), true);
    const placed = type.variables.map((variable) => ({
      ...variable,
      offset: placeOf(btf, variable, symbols, section),
    }));
    placed.sort((a, b) => a.offset - b.offset);
    for (const [index, { type: id, offset, size }] of placed.entries()) {
      for (const [word, value] of [id, offset, size].entries())
        view.setUint32(at + 12 + index * 12 + word * 4, value, true);
    }
    changed = true;
  }
  return changed;
}

/** Static variables have their place already; others are found by their symbols. */
function placeOf(
  btf: Btf,
  variable: { readonly type: TypeId; readonly offset: number },
  symbols: ReadonlyMap<string, ElfSymbol>,
  section: ElfSection,
): number {
  const type = btf.type(variable.type);
  if (type.kind !== "var" || type.linkage === "static") return variable.offset;
  const symbol = symbols.get(type.name);
  if (symbol?.section !== section)
    throw new ElfError(`variable '${type.name}' of BTF has no symbol there`, { section: section.name });
  return Math.min(symbol.value, 0xffff_ffff);
}

/** Sections of the sizes that maps can have. */
export function size32(section: ElfSection): number {
  if (section.size > 0xffff_ffff)
    throw new ElfError(`${section.size} bytes are more than a map holds`, { section: section.name });
  return section.size;
}
