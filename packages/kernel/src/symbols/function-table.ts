/** The functions of one ELF file by address, for naming. */
import { debugFileOf } from "./debug-files.ts";
import { ElfFile, type Segment, type SymbolTable } from "./elf.ts";
import { functionEntries, nameAt, withoutVersion, wordAt } from "./functions.ts";
import { miniSymbols } from "./mini-symbols.ts";
import { quietly } from "./quietly.ts";
import { lastAtOrBelow } from "./search.ts";

const STB_GLOBAL = 1;
const UNDERSCORE = 0x5f;

/** In the order of their addresses. Of several names of one function only the best is kept. */
export class FunctionTable {
  readonly #segments: readonly Segment[];
  readonly #starts: Float64Array;
  readonly #sizes: Float64Array;
  /** Of each function: in which table its name is, and where. */
  readonly #tables: Uint8Array;
  readonly #nameOffsets: Uint32Array;
  readonly #names: readonly Buffer[];

  private constructor(segments: readonly Segment[], tables: readonly SymbolTable[]) {
    const places = bestNames(tables);
    this.#segments = segments;
    this.#names = tables.map(({ names }) => names);
    this.#starts = Float64Array.from(places, ({ address }) => address);
    this.#sizes = Float64Array.from(places, ({ table, at }) => wordAt(table.entries, at + 16));
    this.#tables = Uint8Array.from(places, ({ table }) => tables.indexOf(table));
    this.#nameOffsets = Uint32Array.from(places, ({ table, at }) => table.entries.getUint32(at, true));
  }

  /**
   * Reads .symtab; of a stripped file that of its separate debug file, or else what is left in it:
   * .dynsym and MiniDebugInfo. Throws ElfError or node:fs's errors.
   *
   * @param root, place where the file is, for {@link debugFileOf}
   */
  static read(path: string, root = "", place: string = path): FunctionTable {
    using file = ElfFile.open(path);
    return FunctionTable.of(file, root, place);
  }

  /** The same of a file that is open. */
  static of(file: ElfFile, root = "", place: string = file.path): FunctionTable {
    const whole = file.symbols() ?? quietly(() => separateSymbols(file, root, place));
    const tables = whole === undefined ? [file.dynamicSymbols(), quietly(() => miniSymbols(file))] : [whole];
    return new FunctionTable(
      file.segments(),
      tables.filter((table) => table !== undefined),
    );
  }

  /** Where the file says that the code at this offset is loaded: what its symbols and its debugging information count in. */
  addressOf(fileOffset: number): number | undefined {
    const segment = this.#segments.find(
      (s) => s.executable && fileOffset >= s.offset && fileOffset < s.offset + s.size,
    );
    return segment && fileOffset - segment.offset + segment.address;
  }

  /** Name and distance of the function that holds the byte at this offset in the file. */
  find(fileOffset: number): { name: string; offset: number } | undefined {
    const address = this.addressOf(fileOffset);
    if (address === undefined) return undefined;
    const i = lastAtOrBelow(this.#starts, address);
    if (i < 0) return undefined;
    const offset = address - (this.#starts[i] as number);
    const size = this.#sizes[i] as number;
    // Hand-written assembly often says no size; then the nearest name before is the best there is.
    if (size !== 0 && offset >= size) return undefined;
    const names = this.#names[this.#tables[i] as number] as Buffer;
    return { name: withoutVersion(nameAt(names, this.#nameOffsets[i] as number)), offset };
  }
}

/** The symbols of the debug file, if one is installed. */
function separateSymbols(file: ElfFile, root: string, place: string): SymbolTable | undefined {
  const path = debugFileOf(file, root, place);
  if (path === undefined) return undefined;
  using debug = ElfFile.open(path);
  return debug.symbols();
}

interface Place {
  readonly table: SymbolTable;
  /** Of the entry in its table. */
  readonly at: number;
  readonly address: number;
}

function bestNames(tables: readonly SymbolTable[]): Place[] {
  const places = tables.flatMap((table) =>
    Array.from(functionEntries(table), (at): Place => ({ table, at, address: wordAt(table.entries, at + 8) })),
  );
  places.sort((a, b) => a.address - b.address || rank(a) - rank(b));
  return places.filter(({ address }, i) => address !== places[i - 1]?.address);
}

/** The less, the better: a name with a size, with few underscores in front, known to everybody. */
function rank({ table, at }: Place): number {
  const { entries, names } = table;
  const hasSize = wordAt(entries, at + 16) !== 0;
  const isGlobal = entries.getUint8(at + 4) >> 4 === STB_GLOBAL;
  const start = entries.getUint32(at, true);
  let underscores = 0;
  while (names[start + underscores] === UNDERSCORE && underscores < 8) underscores++;
  return (hasSize ? 0 : 32) + 2 * underscores + (isGlobal ? 0 : 1);
}
