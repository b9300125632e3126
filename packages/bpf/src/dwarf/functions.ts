/**
 * Functions of one unit: where each has its code, and which others the compiler put into it.
 *
 *     subprogram outer                      0x1140-0x1190
 *       └─ inlined_subroutine step          0x1152-0x1170, called at line 12
 *            └─ lexical_block               0x1158-0x1170
 *                 └─ inlined_subroutine add 0x1160-0x1166, called at line 7
 */
import { AT, TAG } from "./constants.ts";
import type { Entry } from "./entry.ts";
import type { Range } from "./lists.ts";
import { rangesOf } from "./ranges.ts";
import type { Unit } from "./unit.ts";

/** A function that has code. */
export interface CodeRanges {
  readonly entry: Entry;
  readonly ranges: readonly Range[];
}

/** Namespaces within namespaces, blocks within functions. */
const MAX_DEPTH = 200;
const INLINED: ReadonlySet<number> = new Set([TAG.inlinedSubroutine]);
const FUNCTIONS: ReadonlySet<number> = new Set([TAG.subprogram]);

/** Functions at the top of a unit or in its namespaces, where nearly all are: what is within them need not be read. */
export function topFunctions(unit: Unit): readonly CodeRanges[] {
  return [...among(unit.root, 0)];
}

function* among(parent: Entry, depth: number): Iterable<CodeRanges> {
  for (const child of parent.children()) {
    if (child.tag === TAG.namespace && depth < MAX_DEPTH) yield* among(child, depth + 1);
    else if (child.tag === TAG.subprogram) yield* withCode(child);
  }
}

/** Those that are within others, too, as C of GNU has them. */
export function allFunctions(unit: Unit): readonly CodeRanges[] {
  return Array.from(unit.entries(FUNCTIONS), (entry) => [...withCode(entry)]).flat();
}

function* withCode(entry: Entry): Iterable<CodeRanges> {
  const ranges = rangesOf(entry);
  if (ranges.length > 0) yield { entry, ranges };
}

/**
 * The function among these whose code holds the address, and the copies of others there that are inside of it, the
 * outermost first. Of functions that are within each other it is the innermost; of several names for the same code, one.
 */
export function chainAt(functions: readonly CodeRanges[], address: number): readonly Entry[] {
  const own = functions.findLast(({ ranges }) => holds(ranges, address));
  if (own === undefined) return [];
  const chain = [own.entry];
  addInlined(own.entry, address, chain, 0);
  return chain;
}

function addInlined(parent: Entry, address: number, chain: Entry[], depth: number): void {
  for (const child of parent.children()) {
    const isInlined = child.tag === TAG.inlinedSubroutine;
    if ((!isInlined && child.tag !== TAG.lexicalBlock) || depth === MAX_DEPTH) continue;
    const ranges = rangesOf(child);
    // A block without ranges of its own has those of what is around it.
    if (!holds(ranges, address) && (isInlined || ranges.length > 0)) continue;
    const { length } = chain;
    if (isInlined) chain.push(child);
    addInlined(child, address, chain, depth + 1);
    if (chain.length > length) return;
  }
}

function holds(ranges: readonly Range[], address: number): boolean {
  return ranges.some(({ low, high }) => address >= low && address < high);
}

/** Copies that were inlined into functions of a unit, one behind the other. */
export function inlinedIn(unit: Unit): Iterable<Entry> {
  return unit.entries(INLINED);
}

/**
 * Where a copy is entered; undefined for one that has no code. An optimizer may have left no instruction that is its
 * alone: where it would be entered is still known.
 */
export function entryPoint(copy: Entry): number | undefined {
  const said = copy.find(AT.entryPc);
  const address = said && copy.unit.address(said);
  if (address !== undefined) return address;
  // Of code in several pieces the first is where it begins, wherever the others were put.
  const start = copy.address(AT.lowPc) ?? rangesOf(copy)[0]?.low;
  // Version 5 lets the entry be a distance from the start.
  return start !== undefined && typeof said?.value === "number" ? start + said.value : start;
}
