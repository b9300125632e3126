/**
 * Which line of the source each instruction comes from. The table has a row wherever that changes, and
 * is written as a program for a small machine (`line-program.ts`), since most rows differ little from
 * the one before:
 *
 *     address   file  line  column  statement
 *     0x1139    1     4     12      yes
 *     0x1144    1     5     18      yes
 *     0x1149    1     5     3       no
 *     0x1150    the end of a sequence: the next rows are of code elsewhere
 */
import type { Range } from "./lists.ts";

/** A place in the source. Lines and columns are counted from 1; 0 where the compiler says none. */
export interface SourceLine {
  /** As it was compiled: absolute unless the compiler was told otherwise. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Row extends SourceLine {
  readonly address: number;
}

interface Sequence extends Range {
  /** Of its rows, the one that ends it excluded. */
  readonly first: number;
  readonly last: number;
}

export class LineTable {
  readonly #files: readonly string[];
  readonly #rows: Rows;
  readonly #sequences: readonly Sequence[];

  constructor(files: readonly string[], rows: Rows) {
    this.#files = files;
    this.#rows = rows;
    this.#sequences = [...rows.sequences].sort((a, b) => a.low - b.low);
  }

  /** Where the instruction at an address comes from. */
  find(address: number): SourceLine | undefined {
    for (const { low, high, first, last } of this.#sequences) {
      if (address < low || address >= high) continue;
      const row = lastAtOrBelow(this.#rows.addresses, first, last, address);
      if (row < first) return undefined;
      const { file, line, column } = this.#row(row);
      return { file, line, column };
    }
    return undefined;
  }

  /** A file by its number in the unit. */
  file(index: number): string | undefined {
    return this.#files[index];
  }

  /** The first instructions of statements, of the files that `isWanted` admits. */
  *statements(isWanted: (file: string) => boolean): Iterable<Row> {
    const wanted = this.#files.map(isWanted);
    if (!wanted.includes(true)) return;
    const { files, statements } = this.#rows;
    for (const { first, last } of this.#sequences) {
      for (let row = first; row < last; row++)
        if (statements[row] === true && wanted[files[row] as number] === true) yield this.#row(row);
    }
  }

  #row(row: number): Row {
    const { addresses, files, lines, columns } = this.#rows;
    return {
      address: addresses[row] as number,
      file: this.#files[files[row] as number] ?? "",
      line: lines[row] as number,
      column: columns[row] as number,
    };
  }
}

/** Rows side by side: a table can have a million. */
export class Rows {
  readonly addresses: number[] = [];
  readonly files: number[] = [];
  readonly lines: number[] = [];
  readonly columns: number[] = [];
  readonly statements: boolean[] = [];
  readonly sequences: Sequence[] = [];
  #first = 0;

  get count(): number {
    return this.addresses.length;
  }

  add(address: number, file: number, line: number, column: number, statement: boolean): void {
    this.addresses.push(address);
    this.files.push(file);
    this.lines.push(line);
    this.columns.push(column);
    this.statements.push(statement);
  }

  /** The rows since the last one are a sequence, which ends before `high`. */
  endSequence(high: number): void {
    const low = this.addresses[this.#first];
    if (low !== undefined && low < high) this.sequences.push({ low, high, first: this.#first, last: this.count });
    this.#first = this.count;
  }
}

function lastAtOrBelow(addresses: readonly number[], first: number, last: number, address: number): number {
  let low = first;
  let high = last;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((addresses[middle] as number) <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
