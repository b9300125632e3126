/**
 * Functions of one unit: where each has its code, and which others the compiler put into it.
 *
 *     subprogram outer              0x1140-0x1190
 *       └─ inlined_subroutine step  0x1152-0x1170, called at line 12
 *            └─ inlined_subroutine add  0x1160-0x1166, called at line 7
 */
import { AT, TAG } from "./constants.ts";
import type { Entry } from "./entry.ts";
import { rangesOf, type Range } from "./ranges.ts";
import type { Unit } from "./unit.ts";

/** Code of a function: its own, or a copy within another. */
export interface Instance {
  readonly entry: Entry;
  readonly inlined: boolean;
  readonly ranges: readonly Range[];
}

/** Namespaces within namespaces. */
const MAX_DEPTH = 16;
const CODE: ReadonlySet<number> = new Set([TAG.subprogram, TAG.inlinedSubroutine]);

/**
 * Every instance that has code, outer ones before those within. Of an inlined copy an optimizer may have
 * left no instruction that is its alone; where it would be entered is still known.
 */
export function instancesOf(unit: Unit): readonly Instance[] {
  const instances: Instance[] = [];
  for (const entry of unit.entries(CODE)) {
    const ranges = rangesOf(entry);
    if (ranges.length > 0 || isEntered(entry))
      instances.push({ entry, inlined: entry.tag === TAG.inlinedSubroutine, ranges });
  }
  return instances;
}

function isEntered(entry: Entry): boolean {
  return [AT.entryPc, AT.lowPc].some((attribute) => entry.address(attribute) !== undefined);
}

/** Where an instance's first instruction is. */
export function entryPoint({ entry, ranges }: Instance): number {
  const said = entry.find(AT.entryPc);
  if (said !== undefined) {
    const address = entry.unit.address(said);
    if (address !== undefined) return address;
    // Version 5 lets it be a distance from the start.
    if (typeof said.value === "number" && ranges[0] !== undefined) return ranges[0].low + said.value;
  }
  // Of code in several pieces the first is where it begins, wherever the others were put.
  return entry.address(AT.lowPc) ?? ranges[0]?.low ?? 0;
}

/**
 * The function that has a piece of its code begin at an address. Functions stand at the top of a unit or in its
 * namespaces, so that what is within others need not be read.
 */
export function functionStartingAt(parent: Entry, address: number, depth = 0): Entry | undefined {
  for (const child of parent.children()) {
    if (child.tag === TAG.subprogram && rangesOf(child).some(({ low }) => low === address)) return child;
    const inside =
      child.tag === TAG.namespace && depth < MAX_DEPTH ? functionStartingAt(child, address, depth + 1) : undefined;
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** The function whose code holds the address, and the copies of others there that are inside of it, the outermost first. */
export function around(instances: readonly Instance[], address: number): readonly Instance[] {
  const found = [...holding(instances, address)];
  // Of functions that are within each other, the innermost; of several names for the same code, one.
  const own = found.findLastIndex(({ inlined }) => !inlined);
  return found.slice(Math.max(own, 0));
}

function* holding(instances: readonly Instance[], address: number): Iterable<Instance> {
  for (const instance of instances)
    if (instance.ranges.some(({ low, high }) => address >= low && address < high)) yield instance;
}
