/**
 * One entry of .debug_info, "debugging information entry" in the standard. Entries form a tree that is
 * written down in order: those with children are followed by them, and these by a zero.
 *
 *     function main ─┬─ parameter argc        main argc argv 0 helper i 0 0
 *                    └─ parameter argv
 *     function helper ── variable i
 */
import type { Abbreviation } from "./abbreviations.ts";
import { AT, FORM } from "./constants.ts";
import { DwarfError } from "./errors.ts";
import { readForm, skipForm, type FormValue } from "./forms.ts";
import type { Unit } from "./unit.ts";

/** Entries that say less than the one they complete: a definition outside of its class, an instance of an inlined function. */
const MOST_ORIGINS = 8;

export class Entry {
  readonly unit: Unit;
  /** From the unit's start. */
  readonly offset: number;
  readonly abbreviation: Abbreviation;
  readonly #values: number;
  #end = -1;

  constructor(unit: Unit, offset: number, abbreviation: Abbreviation, values: number) {
    this.unit = unit;
    this.offset = offset;
    this.abbreviation = abbreviation;
    this.#values = values;
  }

  get tag(): number {
    return this.abbreviation.tag;
  }

  /** Of all entries' bytes: the same for the same entry, however it was come by. */
  get place(): number {
    return this.unit.header.place + this.offset;
  }

  /** Behind the entry's own values: where its first child is, or the next entry. */
  get end(): number {
    if (this.#end >= 0) return this.#end;
    const { size, attributes } = this.abbreviation;
    const cursor = this.unit.cursor(this.#values);
    if (size === undefined) for (const { form } of attributes) skipForm(cursor, form, this.unit.header);
    else cursor.take(size);
    return (this.#end = cursor.at);
  }

  /** What the entry itself says. */
  find(attribute: number): FormValue | undefined {
    const { attributes } = this.abbreviation;
    if (!attributes.some((spec) => spec.attribute === attribute)) return undefined;
    const cursor = this.unit.cursor(this.#values);
    for (const { attribute: name, form, value } of attributes) {
      if (name === attribute) return readForm(cursor, form, this.unit.header, value);
      skipForm(cursor, form, this.unit.header);
    }
    return undefined;
  }

  /** What it says, or the entry that it completes. */
  *#told(attribute: number): Iterable<readonly [Unit, FormValue]> {
    let next: Entry | undefined;
    for (let i = 0; i === 0 || (next !== undefined && i < MOST_ORIGINS); i++) {
      const entry: Entry = next ?? this;
      const found = entry.find(attribute);
      if (found !== undefined) yield [entry.unit, found];
      next = entry.reference(AT.abstractOrigin) ?? entry.reference(AT.specification);
    }
  }

  text(attribute: number): string | undefined {
    const found = this.find(attribute);
    return found && this.unit.text(found);
  }

  /** A number that is one exactly. */
  number(attribute: number): number | undefined {
    const found = this.find(attribute);
    return typeof found?.value === "number" ? found.value : undefined;
  }

  flag(attribute: number): boolean {
    return (this.number(attribute) ?? 0) !== 0;
  }

  address(attribute: number): number | undefined {
    const found = this.find(attribute);
    return found && this.unit.address(found);
  }

  /** The entry that this one refers to. */
  reference(attribute: number): Entry | undefined {
    const found = this.find(attribute);
    return found && this.unit.follow(found);
  }

  /** Its name, or that of the entry that it completes. */
  get name(): string | undefined {
    for (const [unit, value] of this.#told(AT.name)) return unit.text(value);
    return undefined;
  }

  /** The name that the linker sees, where it is another. */
  get linkageName(): string | undefined {
    for (const attribute of [AT.linkageName, AT.mipsLinkageName])
      for (const [unit, value] of this.#told(attribute)) return unit.text(value);
    return undefined;
  }

  /** The type of a variable, a member, what a pointer leads to; undefined is C's void. */
  get type(): Entry | undefined {
    for (const [unit, value] of this.#told(AT.type)) return unit.follow(value);
    return undefined;
  }

  /** The code from `low` up to `high`, where it is in one piece. `high` is written as an address or as a distance. */
  get range(): { readonly low: number; readonly high: number } | undefined {
    const low = this.address(AT.lowPc);
    const written = this.find(AT.highPc);
    if (low === undefined || written === undefined) return undefined;
    const high = this.unit.address(written) ?? (typeof written.value === "number" ? low + written.value : low);
    return { low, high };
  }

  /** An expression in the machine's terms, such as where a variable is. */
  expression(attribute: number): Uint8Array | undefined {
    const found = this.find(attribute);
    return found?.value instanceof Uint8Array ? found.value : undefined;
  }

  /** The signed constant; what is written in few bytes without a sign is extended by the reader of the type. */
  constant(attribute: number): bigint | undefined {
    const found = this.find(attribute);
    if (typeof found?.value !== "number" && typeof found?.value !== "bigint") return undefined;
    return found.form === FORM.data8 ? BigInt.asIntN(64, BigInt(found.value)) : BigInt(found.value);
  }

  *children(): Iterable<Entry> {
    if (!this.abbreviation.hasChildren) return;
    for (let at = this.end; at < this.unit.bytes.length;) {
      const child = this.unit.entryAt(at);
      if (child === undefined) return;
      yield child;
      at = child.#behindChildren();
    }
  }

  /** Where the next entry of the same parent is. Many say so themselves; else the children are gone through. */
  #behindChildren(): number {
    if (!this.abbreviation.hasChildren) return this.end;
    const sibling = this.number(AT.sibling);
    if (sibling !== undefined) {
      if (sibling > this.offset && sibling <= this.unit.bytes.length) return sibling;
      throw new DwarfError(
        `${this.unit.header.section}: the entry at ${this.unit.header.offset + this.offset} has its next one before it`,
      );
    }
    let depth = 1;
    let at = this.end;
    while (depth > 0 && at < this.unit.bytes.length) {
      const entry = this.unit.entryAt(at);
      if (entry === undefined) depth--;
      else if (entry.abbreviation.hasChildren) depth++;
      at = entry === undefined ? at + 1 : entry.end;
    }
    return at;
  }
}
