/**
 * Code in several pieces. Up to version 4, .debug_ranges has pairs of addresses; from 5 on, .debug_rnglists
 * has entries of several kinds:
 *
 *     .debug_ranges    begin, end | begin, end | largest, new base | 0, 0
 *     .debug_rnglists  0 end of list        4 begin, end, from the base (ulebs)
 *                      1 base by index      5 base
 *                      2 begin, end by index  6 begin, end
 *                      3 begin by index, length  7 begin, length
 */
import { AT, FORM } from "./constants.ts";
import { Cursor } from "./cursor.ts";
import type { Entry } from "./entry.ts";
import { DwarfError } from "./errors.ts";
import type { Unit } from "./unit.ts";

/** Addresses from `low` up to `high`. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

const MAX_RANGES = 1 << 16;

/** The pieces of an entry's code; none for what has no code. */
export function rangesOf(entry: Entry): readonly Range[] {
  const { unit } = entry;
  const written = entry.find(AT.ranges);
  if (written === undefined) {
    const { range } = entry;
    return range === undefined || range.high <= range.low ? [] : [range];
  }
  if (typeof written.value !== "number") return [];
  if (unit.header.version < 5) return oldList(unit, written.value);
  const offset =
    written.form === FORM.rnglistx ? unit.listOffset(".debug_rnglists", AT.rnglistsBase, written.value) : written.value;
  return newList(unit, offset);
}

function oldList(unit: Unit, offset: number): readonly Range[] {
  const { addressSize } = unit.header;
  const cursor = new Cursor(unit.file.rest(".debug_ranges", offset));
  const largest = addressSize === 8 ? 2 ** 64 : 2 ** 32 - 1;
  const ranges: Range[] = [];
  let { start: base } = unit;
  for (;;) {
    const low = cursor.address(addressSize);
    const high = cursor.address(addressSize);
    if (low === 0 && high === 0) return ranges;
    if (low >= largest) base = high;
    else add(ranges, base + low, base + high);
  }
}

function newList(unit: Unit, offset: number): readonly Range[] {
  const { addressSize } = unit.header;
  const cursor = new Cursor(unit.file.rest(".debug_rnglists", offset));
  const ranges: Range[] = [];
  let { start: base } = unit;
  for (;;) {
    const kind = cursor.u8();
    switch (kind) {
      case 0:
        return ranges;
      case 1:
        base = unit.addressAt(cursor.count());
        break;
      case 2:
        add(ranges, unit.addressAt(cursor.count()), unit.addressAt(cursor.count()));
        break;
      case 3: {
        const low = unit.addressAt(cursor.count());
        add(ranges, low, low + cursor.count());
        break;
      }
      case 4:
        add(ranges, base + cursor.count(), base + cursor.count());
        break;
      case 5:
        base = cursor.address(addressSize);
        break;
      case 6:
        add(ranges, cursor.address(addressSize), cursor.address(addressSize));
        break;
      case 7: {
        const low = cursor.address(addressSize);
        add(ranges, low, low + cursor.count());
        break;
      }
      default:
        throw new DwarfError(`.debug_rnglists: an entry of the unknown kind ${kind}`);
    }
  }
}

function add(ranges: Range[], low: number, high: number): void {
  if (ranges.length === MAX_RANGES) throw new DwarfError(`code in more than ${MAX_RANGES} pieces`);
  if (low < high) ranges.push({ low, high });
}
