/** What is asked of a program's debugging information. Everything in it is found when it is asked for. */
import { AddressIndex } from "./address-index.ts";
import { AT, TAG } from "./constants.ts";
import { DebugFile } from "./debug-file.ts";
import type { Entry } from "./entry.ts";
import { DwarfError } from "./errors.ts";
import { allFunctions, chainAt, entryPoint, inlinedIn, topFunctions, type CodeRanges } from "./functions.ts";
import { readLineHeader } from "./line-header.ts";
import { runLineProgram } from "./line-program.ts";
import { LineTable, type SourceLine } from "./line-table.ts";
import type { DwarfSource } from "./source.ts";
import type { Unit } from "./unit.ts";

/** A frame of a stack: a function, and the place in it that is being executed. */
export interface Frame extends Partial<SourceLine> {
  /** As in the source. */
  readonly name: string | undefined;
  /** It has no frame of its own on the stack: its code is part of the next one's. */
  readonly inlined: boolean;
}

export interface InlinedCopy {
  /** Of its first instruction. */
  readonly address: number;
  readonly entry: Entry;
}

export interface Stops {
  readonly addresses: readonly number[];
  /** Whether there is a file of this name. */
  readonly known: boolean;
  /** The next line of the file that has code. */
  readonly next: number | undefined;
}

/** What was worked out for a unit, as long as the unit is kept. */
interface Findings {
  lines?: LineTable | undefined;
  top?: readonly CodeRanges[];
  all?: readonly CodeRanges[];
}

/** Addresses are those of the file: what its symbols say, not where a process has it. */
export class Dwarf {
  readonly file: DebugFile;
  readonly #index: AddressIndex;
  readonly #findings = new WeakMap<Unit, Findings>();

  constructor(source: DwarfSource) {
    this.file = new DebugFile(source);
    this.#index = new AddressIndex(this.file);
  }

  /** Lets go of the file; what was answered stays valid. */
  [Symbol.dispose](): void {
    this.file.close();
  }

  /** The unit whose code is at an address: where names are meant as there. Errors: DwarfError. */
  unitAt(address: number): Unit | undefined {
    return this.#index.unitOf(address);
  }

  /** Where the instruction at an address comes from; undefined where nothing is said. Errors: DwarfError. */
  lineAt(address: number): SourceLine | undefined {
    const unit = this.#index.unitOf(address);
    return unit && this.#lines(unit)?.find(address);
  }

  /** The functions at an address, the innermost first: those that were inlined there, and the one that they are in. Errors: DwarfError. */
  framesAt(address: number): readonly Frame[] {
    const unit = this.#index.unitOf(address);
    if (unit === undefined) return [];
    const lines = this.#lines(unit);
    const frames: Frame[] = [];
    let place = lines?.find(address);
    for (const entry of this.#chain(unit, address).toReversed()) {
      frames.push({ name: entry.name, inlined: entry.tag === TAG.inlinedSubroutine, ...place });
      const file = lines?.file(entry.number(AT.callFile) ?? -1);
      place = file === undefined ? undefined : { file, line: entry.number(AT.callLine) ?? 0, column: 0 };
    }
    // Of identical functions compilers keep one, and may describe none; the line is known still.
    return frames.length > 0 || place === undefined ? frames : [{ name: undefined, inlined: false, ...place }];
  }

  /** The function whose first instruction is at an address. Errors: DwarfError, also where what is said of it is kept in another file. */
  functionAt(address: number): Entry | undefined {
    const unit = this.#index.unitOf(address);
    if (unit === undefined) return undefined;
    const starts = ({ ranges }: CodeRanges): boolean => ranges.some(({ low }) => low === address);
    const found = this.#top(unit).find(starts) ?? this.#all(unit).find(starts);
    if (found === undefined) refuseSplit(unit);
    return found?.entry;
  }

  /**
   * Copies of a function that were inlined into others, one for each place where one is entered. All units are
   * gone through. Errors: DwarfError.
   */
  inlinedAt(name: string): readonly InlinedCopy[] {
    const found = new Map<number, InlinedCopy>();
    for (const unit of this.#units()) {
      for (const entry of inlinedIn(unit)) {
        if (entry.name !== name && entry.linkageName !== name) continue;
        const address = entryPoint(entry);
        if (address !== undefined && !found.has(address)) found.set(address, { address, entry });
      }
    }
    return [...found.values()].sort((a, b) => a.address - b.address);
  }

  /**
   * Where a debugger would stop for a line: in every function that has code of the line, and in every copy of
   * one, the first instruction of a statement on it. `file` is a path or the end of one: "main.c", "src/main.c".
   * All line tables are gone through. Errors: DwarfError.
   */
  stops(file: string, line: number, column?: number): Stops {
    const isWanted = (path: string): boolean => path === file || path.endsWith(`/${file}`);
    const stops = new Map<number | undefined, number>();
    let known = false;
    let next: number | undefined;
    for (const unit of this.#units()) {
      for (const row of this.#lines(unit)?.statements(isWanted) ?? []) {
        known = true;
        if (row.line > line && row.line < (next ?? Infinity)) next = row.line;
        if (row.line !== line || (column !== undefined && row.column !== column)) continue;
        const inside = this.#chain(unit, row.address).at(-1)?.place;
        stops.set(inside, Math.min(stops.get(inside) ?? Infinity, row.address));
      }
    }
    return { addresses: [...new Set(stops.values())].sort((a, b) => a - b), known, next };
  }

  *#units(): Iterable<Unit> {
    for (const header of this.file.headers()) if (header.signature === undefined) yield this.file.unit(header);
  }

  #lines(unit: Unit): LineTable | undefined {
    const findings = this.#of(unit);
    if (!("lines" in findings)) findings.lines = readLines(unit);
    return findings.lines;
  }

  /** The function at an address and the copies inlined there, the outermost first. */
  #chain(unit: Unit, address: number): readonly Entry[] {
    const chain = chainAt(this.#top(unit), address);
    return chain.length > 0 ? chain : chainAt(this.#all(unit), address);
  }

  #top(unit: Unit): readonly CodeRanges[] {
    return (this.#of(unit).top ??= topFunctions(unit));
  }

  #all(unit: Unit): readonly CodeRanges[] {
    return (this.#of(unit).all ??= allFunctions(unit));
  }

  #of(unit: Unit): Findings {
    let findings = this.#findings.get(unit);
    if (findings === undefined) this.#findings.set(unit, (findings = {}));
    return findings;
  }
}

function readLines(unit: Unit): LineTable | undefined {
  const offset = unit.root.number(AT.stmtList);
  if (offset === undefined || unit.file.section(".debug_line") === undefined) return undefined;
  const header = readLineHeader(unit, offset);
  return new LineTable(header.files, runLineProgram(header));
}

/** Compiled with -gsplit-dwarf a program has its lines, but its functions and types are in files beside the objects. */
function refuseSplit({ root }: Unit): void {
  const name = root.text(AT.dwoName) ?? root.text(AT.gnuDwoName);
  if (name !== undefined)
    throw new DwarfError(
      `functions and types are kept apart in ${name} (-gsplit-dwarf), which is not read: compile without it`,
    );
}
