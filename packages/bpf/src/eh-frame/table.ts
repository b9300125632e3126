/**
 * The rules of a whole image, compact and ready to be searched by a program that may not loop for long.
 *
 * Code is divided into pages of 256 bytes. A page has 256 rows at most and a row's address within it
 * takes one byte, so that any search takes eight steps and a row four bytes:
 *
 *     page   bits 0-7: rows of the page less one   bits 8-31: its first row, in words from the section's start
 *     row    bits 0-7: low byte of the address from which it holds   bits 8-31: number of the rule
 *
 * The first row of every page holds from its first byte. Pages with the same rows share them: code of
 * which nothing is known, and there may be megabytes of it, costs one word for each 256 bytes.
 *
 *     section  ┌───────┬───────┬─────┬─────┬─────┬─────┐
 *              │ page 0│ page 1│ ... │ row │ row │ ... │   u32 each, at most SECTION_WORDS
 *              └───────┴───────┴─────┴─────┴─────┴─────┘
 */
import { functionEntries, type FunctionEntry } from "./entries.ts";
import { EhFrameError } from "./errors.ts";
import { Executor } from "./execute.ts";
import { Machine, type CodeSegment, type UnwindImage } from "./image.ts";
import { encodeRule, Rule } from "./rules.ts";

export const PAGE_BITS = 8;
export const PAGE_BYTES: number = 1 << PAGE_BITS;
/** Words of a section, which may be as many as a chunk of the kernel's memory has: 256 KB. */
export const SECTION_WORDS: number = 1 << 16;

/** A run of pages. */
export interface TableSection {
  /** Of the first page's first byte; a multiple of {@link PAGE_BYTES}. */
  readonly address: number;
  readonly pages: number;
  /** Rules are numbered by their places in {@link UnwindTable.rules}. */
  readonly words: Uint32Array;
}

export interface UnwindTable {
  readonly sections: readonly TableSection[];
  /** Each that occurs, once; encoded as in rules.ts. */
  readonly rules: readonly bigint[];
  readonly functions: number;
  readonly rows: number;
  /** Functions whose entries could not be read: their code counts as unknown. */
  readonly damaged: number;
}

/** Functions between two turns for others. */
const STRIDE = 2048;
/** More code than this in one segment is refused rather than taken apart: browsers have some 200 MB. */
const MOST_CODE = 1 << 29;

/**
 * The table of an image, made in steps so that a caller can do other things in between; undefined for an
 * image without `.eh_frame`, and for none. Errors: EhFrameError for entries that cannot be told apart, or a machine
 * other than x86-64.
 */
export function* buildTable(image: UnwindImage | undefined): Generator<undefined, UnwindTable | undefined> {
  const frames = image?.frames;
  if (image === undefined || frames === undefined) return undefined;
  if (image.machine !== Machine.x86_64) throw new EhFrameError("unwind tables are read for x86-64 only");
  const entries: FunctionEntry[] = [];
  for (const entry of functionEntries(frames)) {
    if (isCode(image.code, entry.start, entry.end) && entries.push(entry) % STRIDE === 0) yield undefined;
  }
  sort(entries);
  const executor = new Executor(frames);
  const rules = new RuleNumbers();
  const writer = new SectionWriter();
  let damaged = 0;
  let rows = 0;
  let segment: CodeSegment | undefined;
  let at = 0;
  for (const [index, entry] of entries.entries()) {
    if (index % STRIDE === STRIDE - 1) yield undefined;
    if (segment === undefined || entry.start >= segment.address + segment.size) {
      if (segment !== undefined) writer.finish(segment.address + segment.size);
      segment = image.code.find((s) => entry.start >= s.address && entry.start < s.address + s.size)!;
      if (segment.size > MOST_CODE) throw new EhFrameError(`${segment.size} bytes of code`);
      writer.begin(segment.address);
      at = segment.address;
    }
    // Functions that overlap another are cut: of their common part the earlier speaks.
    const start = Math.max(entry.start, at);
    if (start > at) writer.row(at, NONE);
    try {
      executor.rows(entry, (address, rule) => {
        if (address < start) return;
        writer.row(address, rules.number(rule));
        rows++;
      });
    } catch (error) {
      if (!(error instanceof EhFrameError)) throw error;
      damaged++;
      writer.row(Math.max(start, writer.last), NONE);
    }
    at = Math.max(at, entry.end);
    writer.row(at, NONE);
  }
  if (segment !== undefined) writer.finish(segment.address + segment.size);
  return { sections: writer.sections, rules: rules.list, functions: entries.length, rows, damaged };
}

/** Linkers write them in the order of their code, mostly. */
function sort(entries: FunctionEntry[]): void {
  const inOrder = entries.every(({ start }, i) => i === 0 || start >= entries[i - 1]!.start);
  if (!inOrder) entries.sort((a, b) => a.start - b.start);
}

function isCode(code: readonly CodeSegment[], start: number, end: number): boolean {
  return code.some((s) => start >= s.address && end <= s.address + s.size);
}

/** The number of the rule that says nothing: of every table the first. */
const NONE = 0;

class RuleNumbers {
  readonly list: bigint[] = [encodeRule(Rule.none)];
  readonly #numbers = new Map<bigint, number>([[encodeRule(Rule.none), NONE]]);

  number(rule: bigint): number {
    let number = this.#numbers.get(rule);
    if (number === undefined) {
      number = this.list.push(rule) - 1;
      this.#numbers.set(rule, number);
    }
    return number;
  }
}

/** Takes rows in the order of their addresses and makes pages of them. */
class SectionWriter {
  readonly sections: TableSection[] = [];
  /** The address of the last row. */
  last: number = 0;
  #rule = NONE;
  /** Of the page that is being filled. */
  #page = 0;
  #rows: number[] = [];
  /** Of the section that is being filled. */
  #address = 0;
  readonly #pages: number[] = [];
  readonly #words: number[] = [];
  /** Where pages of one row are, by that row. */
  readonly #single = new Map<number, number>();

  /** Code starts here, of which nothing is known until a row comes. */
  begin(address: number): void {
    this.#page = address - (address % PAGE_BYTES);
    this.#address = this.#page;
    this.last = address;
    this.#rule = NONE;
    this.#rows = [0];
  }

  row(address: number, rule: number): void {
    this.#turnTo(address);
    this.last = address;
    if (rule === this.#rule) return;
    const low = address % PAGE_BYTES;
    const row = low | (rule << 8);
    const before = this.#rows.length - 1;
    if ((this.#rows[before]! & 0xff) === low) this.#rows[before] = row;
    else this.#rows.push(row);
    this.#rule = rule;
  }

  /** Code ends here. */
  finish(end: number): void {
    this.#turnTo(end - 1);
    this.#endPage();
    this.#endSection();
  }

  #turnTo(address: number): void {
    while (address - this.#page >= PAGE_BYTES) {
      this.#endPage();
      this.#page += PAGE_BYTES;
      this.#rows = [this.#rule << 8];
    }
  }

  #endPage(): void {
    const rows = this.#rows;
    const room = SECTION_WORDS - this.#pages.length - this.#words.length;
    if (room < rows.length + 1) this.#endSection();
    if (this.#pages.length === 0) this.#address = this.#page;
    const single = rows.length === 1 ? rows[0]! : undefined;
    let start = single === undefined ? undefined : this.#single.get(single);
    if (start === undefined) {
      start = this.#words.length;
      this.#words.push(...rows);
      if (single !== undefined) this.#single.set(single, start);
    }
    this.#pages.push((start << 8) | (rows.length - 1));
  }

  /** Only now is it known how many pages stand before the rows. */
  #endSection(): void {
    const pages = this.#pages.length;
    if (pages > 0) {
      const words = new Uint32Array(pages + this.#words.length);
      words.set(this.#pages.map((page) => page + (pages << 8)));
      words.set(this.#words, pages);
      this.sections.push({ address: this.#address, pages, words });
    }
    this.#pages.length = 0;
    this.#words.length = 0;
    this.#single.clear();
  }
}

/** The rule at an address; undefined where the table has none. What the program in the kernel does, in words. */
export function lookUpRule(table: UnwindTable, address: number): bigint | undefined {
  const section = table.sections.find((s) => address >= s.address && address < s.address + s.pages * PAGE_BYTES);
  if (section === undefined) return undefined;
  const page = section.words[Math.floor((address - section.address) / PAGE_BYTES)]!;
  const first = page >>> 8;
  const low = address % PAGE_BYTES;
  let found = first;
  for (let row = first; row <= first + (page & 0xff); row++) if ((section.words[row]! & 0xff) <= low) found = row;
  return table.rules[section.words[found]! >>> 8];
}
