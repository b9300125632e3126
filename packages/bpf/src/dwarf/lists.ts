/**
 * Lists of ranges of code, each with what holds there: nothing more for the pieces that a function is in, an
 * expression for the places that a variable is in. Up to version 4 they are pairs of addresses, from 5 on
 * entries of several kinds:
 *
 *     .debug_ranges, .debug_loc          begin, end | largest, new base | 0, 0
 *     .debug_rnglists, .debug_loclists   0     end of list
 *                                        1     base by index
 *                                        2     begin, end by index
 *                                        3     begin by index, length
 *                                        4     begin, end, from the base (ulebs)
 *                                           5  anywhere else
 *                                        5  6  base
 *                                        6  7  begin, end
 *                                        7  8  begin, length
 *                                           9  (GNU) two ulebs about the next entry
 *
 * where the second column is that of .debug_loclists. Behind each range of a location's list stands the
 * expression: its length (u16; a uleb in version 5) and its bytes.
 */
import { Cursor } from "./cursor.ts";
import { DwarfError } from "./errors.ts";
import type { Unit } from "./unit.ts";

/** Addresses from `low` up to `high`. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export interface ListEntry extends Range {
  /** Empty in lists of ranges alone. */
  readonly expression: Uint8Array;
}

const NOTHING = new Uint8Array();
const MAX_ENTRIES = 1 << 16;

/** The entries of a list at an offset in one of the sections above; addresses count from the unit's start. Errors: DwarfError. */
export function* listEntries(unit: Unit, what: "ranges" | "locations", offset: number): Iterable<ListEntry> {
  const entries = unit.header.version < 5 ? pairs(unit, what, offset) : kinds(unit, what, offset);
  let count = 0;
  for (const entry of entries) {
    if (++count > MAX_ENTRIES) throw new DwarfError(`a list of more than ${MAX_ENTRIES} ${what}`);
    yield entry;
  }
}

function* pairs(unit: Unit, what: "ranges" | "locations", offset: number): Iterable<ListEntry> {
  const { addressSize } = unit.header;
  const cursor = new Cursor(unit.file.rest(what === "ranges" ? ".debug_ranges" : ".debug_loc", offset));
  const largest = addressSize === 8 ? 2 ** 64 : 2 ** 32 - 1;
  let { start: base } = unit;
  for (;;) {
    const low = cursor.address(addressSize);
    const high = cursor.address(addressSize);
    if (low === 0 && high === 0) return;
    if (low >= largest) base = high;
    else {
      const expression = what === "ranges" ? NOTHING : cursor.block(cursor.u16());
      yield { low: base + low, high: base + high, expression };
    }
  }
}

const ANYWHERE = 5;
const VIEWS = 9;

function* kinds(unit: Unit, what: "ranges" | "locations", offset: number): Iterable<ListEntry> {
  const { addressSize } = unit.header;
  const section = what === "ranges" ? ".debug_rnglists" : ".debug_loclists";
  const cursor = new Cursor(unit.file.rest(section, offset));
  const expression = (): Uint8Array => (what === "ranges" ? NOTHING : cursor.block(cursor.count()));
  const byIndex = (): number => unit.addressAt(cursor.count());
  let { start: base } = unit;
  for (;;) {
    const kind = cursor.u8();
    if (what === "locations" && kind === ANYWHERE) {
      yield { low: 0, high: Infinity, expression: expression() };
      continue;
    }
    if (what === "locations" && kind === VIEWS) {
      cursor.skipLeb();
      cursor.skipLeb();
      continue;
    }
    let low: number;
    let high: number;
    switch (what === "locations" && kind > ANYWHERE ? kind - 1 : kind) {
      case 0:
        return;
      case 1:
        base = byIndex();
        continue;
      case 2:
        [low, high] = [byIndex(), byIndex()];
        break;
      case 3:
        low = byIndex();
        high = low + cursor.count();
        break;
      case 4:
        [low, high] = [base + cursor.count(), base + cursor.count()];
        break;
      case 5:
        base = cursor.address(addressSize);
        continue;
      case 6:
        [low, high] = [cursor.address(addressSize), cursor.address(addressSize)];
        break;
      case 7:
        low = cursor.address(addressSize);
        high = low + cursor.count();
        break;
      default:
        throw new DwarfError(`${section}: an entry of the unknown kind ${kind}`);
    }
    yield { low, high, expression: expression() };
  }
}
