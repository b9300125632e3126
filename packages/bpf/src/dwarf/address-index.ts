/**
 * Which unit an address belongs to. Where the compiler wrote it, .debug_aranges says so at once:
 *
 *     ┌────────┬─────────┬────────────────┬──────────────┬──────────────┬─────────┬─────────────────────┐
 *     │ length │ version │ offset of unit │ address size │ segment size │ padding │ address, length ... │
 *     │ 4 / 12 │ u16 = 2 │ 4 / 8          │ u8           │ u8           │         │ 0, 0                │
 *     └────────┴─────────┴────────────────┴──────────────┴──────────────┴─────────┴─────────────────────┘
 *
 * Units that it leaves out are asked themselves, by their root entries.
 */
import { Cursor } from "./cursor.ts";
import type { DebugFile } from "./debug-file.ts";
import { DwarfError } from "./errors.ts";
import { rangesOf } from "./ranges.ts";
import type { Unit } from "./unit.ts";
import { readLength, type UnitHeader } from "./unit-header.ts";

interface Owned {
  readonly low: number;
  readonly high: number;
  /** The unit's offset in .debug_info. */
  readonly unit: number;
}

export class AddressIndex {
  readonly #file: DebugFile;
  #listed: RangeTable | undefined;
  #others: RangeTable | undefined;

  constructor(file: DebugFile) {
    this.#file = file;
  }

  unitOf(address: number): Unit | undefined {
    this.#listed ??= new RangeTable(readAranges(this.#file));
    const unit = this.#listed.find(address) ?? (this.#others ??= this.#unlisted(this.#listed)).find(address);
    return unit === undefined ? undefined : this.#file.unitFrom(unit);
  }

  #unlisted(listed: RangeTable): RangeTable {
    const rest = this.#file
      .headers()
      .filter(({ offset, signature }) => !listed.units.has(offset) && signature === undefined);
    return new RangeTable(rest.flatMap((header) => rootRanges(this.#file, header)));
  }
}

function rootRanges(file: DebugFile, header: UnitHeader): readonly Owned[] {
  return rangesOf(file.unit(header).root).map(({ low, high }) => ({ low, high, unit: header.offset }));
}

function readAranges(file: DebugFile): readonly Owned[] {
  const owned: Owned[] = [];
  if (file.section(".debug_aranges") === undefined) return owned;
  const cursor = new Cursor(file.rest(".debug_aranges", 0));
  while (!cursor.atEnd) {
    const start = cursor.at;
    const { length, offsetSize } = readLength(cursor);
    const end = cursor.at + length;
    const version = cursor.u16();
    if (version !== 2) throw new DwarfError(`.debug_aranges: version ${version}; version 2 is known`);
    const unit = cursor.offset(offsetSize);
    const addressSize = cursor.u8();
    if (cursor.u8() !== 0) throw new DwarfError(".debug_aranges: addresses with segments");
    // Pairs are aligned to their size, from the start of the set.
    const pair = addressSize * 2;
    cursor.take((pair - ((cursor.at - start) % pair)) % pair);
    while (cursor.at + pair <= end) {
      const low = cursor.address(addressSize);
      const size = cursor.address(addressSize);
      if (size > 0) owned.push({ low, high: low + size, unit });
    }
    if (end < cursor.at) throw new DwarfError(".debug_aranges: a set smaller than its header");
    cursor.take(end - cursor.at);
  }
  return owned;
}

/** Ranges that do not overlap, as compilers make them; of hostile ones that do, any may answer. */
class RangeTable {
  readonly units: ReadonlySet<number>;
  readonly #ranges: readonly Owned[];

  constructor(ranges: readonly Owned[]) {
    this.units = new Set(ranges.map(({ unit }) => unit));
    this.#ranges = [...ranges].sort((a, b) => a.low - b.low);
  }

  find(address: number): number | undefined {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle] as Owned).low <= address) low = middle + 1;
      else high = middle;
    }
    const range = this.#ranges[low - 1];
    return range !== undefined && address < range.high ? range.unit : undefined;
  }
}
