/**
 * .debug_abbrev: the shapes of entries. Entries of one shape share a line in their unit's table, and
 * hold only its number and the values:
 *
 *     ┌──────┬─────┬───────────┬───────────────────────────────────┬──────┐
 *     │ code │ tag │ children? │ attribute, form │ attribute, form │ 0, 0 │ ...  0
 *     │ uleb │ uleb│ u8        │ uleb, uleb      │ ...             │      │
 *     └──────┴─────┴───────────┴───────────────────────────────────┴──────┘
 *
 * A form "implicit constant" has its value here, behind it, for all entries of the shape.
 */
import { FORM } from "./constants.ts";
import type { Cursor } from "./cursor.ts";
import { DwarfError } from "./errors.ts";
import { fixedSize } from "./forms.ts";
import type { Encoding } from "./forms.ts";

export interface AttributeSpec {
  readonly attribute: number;
  readonly form: number;
  /** Of an implicit constant. */
  readonly value: number | bigint;
}

export interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: readonly AttributeSpec[];
  /** Bytes of the values, where that does not depend on them. */
  readonly size: number | undefined;
}

const MAX_ATTRIBUTES = 1000;

/** The table that begins at the cursor, by code. */
export function readAbbreviations(cursor: Cursor, encoding: Encoding): ReadonlyMap<number, Abbreviation> {
  const table = new Map<number, Abbreviation>();
  while (!cursor.atEnd) {
    const code = cursor.count();
    if (code === 0) break;
    const tag = cursor.count();
    const hasChildren = cursor.u8() !== 0;
    const attributes: AttributeSpec[] = [];
    let size: number | undefined = 0;
    for (;;) {
      const attribute = cursor.count();
      const form = cursor.count();
      const value = form === FORM.implicitConst ? cursor.sleb() : 0;
      if (attribute === 0 && form === 0) break;
      if (attributes.length === MAX_ATTRIBUTES)
        throw new DwarfError(`.debug_abbrev: more than ${MAX_ATTRIBUTES} attributes`);
      attributes.push({ attribute, form, value });
      const bytes = fixedSize(form, encoding);
      size = size === undefined || bytes === undefined ? undefined : size + bytes;
    }
    table.set(code, { tag, hasChildren, attributes, size });
  }
  return table;
}
