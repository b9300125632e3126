/**
 * Where a variable is while an instruction is executed. Unoptimized code says it once for all, by an
 * expression. Optimized code moves variables about, so there is a list of expressions, each for a range.
 */
import { AT, FORM } from "./constants.ts";
import { Cursor } from "./cursor.ts";
import type { Entry } from "./entry.ts";
import { listEntries } from "./lists.ts";

/** What few expressions say plainly; all others need the values of a running program. */
export type Location =
  /** The register's value and `plus`; registers are named by the numbers that the ABI gives them in DWARF. */
  | { readonly kind: "register"; readonly number: number; readonly plus: number }
  /** In memory, so many bytes from where the register points. */
  | { readonly kind: "memory"; readonly number: number; readonly offset: number }
  | { readonly kind: "constant"; readonly value: bigint };

/** Where a variable is at an address; undefined where that is not said, or not plainly. */
export function locationAt(variable: Entry, address: number): Location | undefined {
  const constant = variable.constant(AT.constValue);
  if (constant !== undefined) return { kind: "constant", value: constant };
  const expression = variable.expression(AT.location) ?? listed(variable, address);
  return expression && plain(expression);
}

/** Whether it has one place for as long as its function runs, as in code that was not optimized. */
export function hasFixedPlace(variable: Entry): boolean {
  return variable.expression(AT.location) !== undefined;
}

const DW_OP_stack_value = 0x9f;

/** A location is where a value is; followed by "stack value" it is the value itself. */
function plain(expression: Uint8Array): Location | undefined {
  const cursor = new Cursor(expression);
  if (cursor.atEnd) return undefined;
  const op = cursor.u8();
  const register = registerOf(op, cursor);
  if (register !== undefined) return cursor.atEnd ? { kind: "register", number: register, plus: 0 } : undefined;
  const base = baseOf(op, cursor);
  if (base !== undefined && cursor.atEnd) return { kind: "memory", ...base };
  const value: Location | undefined = base
    ? { kind: "register", number: base.number, plus: base.offset }
    : constantOf(op, cursor);
  return value !== undefined && !cursor.atEnd && cursor.u8() === DW_OP_stack_value && cursor.atEnd ? value : undefined;
}

/** DW_OP_reg0 to reg31, and regx for the others. */
function registerOf(op: number, cursor: Cursor): number | undefined {
  if (op >= 0x50 && op <= 0x6f) return op - 0x50;
  return op === 0x90 ? cursor.count() : undefined;
}

/** DW_OP_breg0 to breg31, and bregx: a register and a number of bytes. */
function baseOf(op: number, cursor: Cursor): { readonly number: number; readonly offset: number } | undefined {
  if (op >= 0x70 && op <= 0x8f) return { number: op - 0x70, offset: Number(cursor.sleb()) };
  return op === 0x92 ? { number: cursor.count(), offset: Number(cursor.sleb()) } : undefined;
}

function constantOf(op: number, cursor: Cursor): Location | undefined {
  if (op >= 0x30 && op <= 0x4f) return { kind: "constant", value: BigInt(op - 0x30) };
  switch (op) {
    case 0x08:
      return { kind: "constant", value: BigInt(cursor.u8()) };
    case 0x09:
      return { kind: "constant", value: BigInt(cursor.s8()) };
    case 0x0a:
      return { kind: "constant", value: BigInt(cursor.u16()) };
    case 0x0b:
      return { kind: "constant", value: BigInt.asIntN(16, BigInt(cursor.u16())) };
    case 0x0c:
      return { kind: "constant", value: BigInt(cursor.u32()) };
    case 0x0d:
      return { kind: "constant", value: BigInt.asIntN(32, BigInt(cursor.u32())) };
    case 0x10:
      return { kind: "constant", value: BigInt(cursor.uleb()) };
    case 0x11:
      return { kind: "constant", value: BigInt(cursor.sleb()) };
    default:
      return undefined;
  }
}

/** What the list of a variable's places says of an address. */
function listed(variable: Entry, address: number): Uint8Array | undefined {
  const { unit } = variable;
  const written = variable.find(AT.location);
  if (typeof written?.value !== "number") return undefined;
  const offset =
    written.form === FORM.loclistx ? unit.listOffset(".debug_loclists", AT.loclistsBase, written.value) : written.value;
  for (const { low, high, expression } of listEntries(unit, "locations", offset))
    if (address >= low && address < high) return expression;
  return undefined;
}
