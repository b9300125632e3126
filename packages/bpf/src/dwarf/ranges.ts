/** Where an entry's code is: in one piece, as its own attributes say, or in several, as a list does. */
import { AT, FORM } from "./constants.ts";
import type { Entry } from "./entry.ts";
import { listEntries, type Range } from "./lists.ts";

/** The pieces of an entry's code; none for what has no code. */
export function rangesOf(entry: Entry): readonly Range[] {
  const { unit } = entry;
  const written = entry.find(AT.ranges);
  if (written === undefined) {
    const { range } = entry;
    return range === undefined || range.high <= range.low ? [] : [range];
  }
  if (typeof written.value !== "number") return [];
  const offset =
    written.form === FORM.rnglistx ? unit.listOffset(".debug_rnglists", AT.rnglistsBase, written.value) : written.value;
  return [...listEntries(unit, "ranges", offset)].filter(({ low, high }) => low < high);
}
