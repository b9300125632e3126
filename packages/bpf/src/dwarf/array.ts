/** Arrays: an entry for the whole, with one child for each dimension. */
import { AT, TAG } from "./constants.ts";
import type { Entry } from "./entry.ts";

/** Lengths, the outermost dimension first; 0 for one that is open, as a flexible array member's. */
export function dimensionsOf(array: Entry): readonly number[] {
  const lengths: number[] = [];
  for (const child of array.children()) {
    if (child.tag !== TAG.subrangeType) continue;
    const count = child.number(AT.count);
    const last = child.number(AT.upperBound);
    const length = count ?? (last === undefined || last >= 0xffff_ffff ? 0 : last + 1);
    lengths.push(length >= 0 ? length : 0);
  }
  return lengths.length > 0 ? lengths : [0];
}

/** Elements in all dimensions together; undefined if one is open. */
export function arrayLength(array: Entry): number | undefined {
  const length = dimensionsOf(array).reduce((product, each) => product * each, 1);
  return length > 0 ? length : undefined;
}
