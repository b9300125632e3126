/** What instructions are put together from: registers, immediates, addresses, jump targets. */
import type { Cursor } from "./assemble-cursor.ts";
import type { Instruction, Reference } from "./instruction.ts";
import { Source } from "./opcodes.ts";
import type { AccessSize } from "./opcodes.ts";

export interface Register {
  readonly number: number;
  /** `w3` is the lower half of `r3`. */
  readonly bits: 32 | 64;
}

const REGISTER = /([rw])(\d+)\b/y;

export function parseRegister(cursor: Cursor): Register {
  const register = tryRegister(cursor);
  if (register === undefined) throw cursor.expected("a register");
  return register;
}

export function tryRegister(cursor: Cursor): Register | undefined {
  const match = cursor.match(REGISTER);
  if (match === undefined) return undefined;
  const number = Number(match[2]);
  if (number > 10) throw cursor.refuse("registers are r0 to r10");
  return { number, bits: match[1] === "r" ? 64 : 32 };
}

/** A register of the given width or a 32-bit immediate, which may be written signed or unsigned. */
export function parseOperand(
  cursor: Cursor,
  bits: 32 | 64 | "any",
): Pick<Instruction, "src" | "imm"> & { readonly source: number } {
  const register = tryRegister(cursor);
  if (register === undefined) {
    return { source: Source.K, src: 0, imm: cursor.integerIn(-0x8000_0000, 0xffff_ffff, "a 32-bit immediate") };
  }
  if (bits !== "any" && register.bits !== bits) {
    throw cursor.refuse(`both registers must have ${bits} bits: write ${bits === 64 ? "r" : "w"}${register.number}`);
  }
  return { source: Source.X, src: register.number, imm: 0 };
}

/** `(u32 *)`: whether it is signed, and its bits. */
export const SIZE_TYPE: RegExp = /\(\s*([us])(8|16|32|64)\s*\*\s*\)/y;

/** `(u64 *)(r1 + 8)`, to be written to. */
export function parsePointer(cursor: Cursor): { size: AccessSize; base: number; offset: number } {
  const type = cursor.match(SIZE_TYPE);
  if (type === undefined) throw cursor.expected("(u8 *), (u16 *), (u32 *) or (u64 *)");
  if (type[1] === "s") throw cursor.refuse("only loads extend the sign: write u");
  return { size: (Number(type[2]) / 8) as AccessSize, ...parseAddress(cursor) };
}

/** `(r1 + 4)` or `(r10 - 8)`. */
export function parseAddress(cursor: Cursor): { base: number; offset: number } {
  cursor.expect("(");
  const address = parseBareAddress(cursor);
  cursor.expect(")");
  return address;
}

/** `r1 + 4`, as the exchanges write it. */
export function parseBareAddress(cursor: Cursor): { base: number; offset: number } {
  const base = parseRegister(cursor);
  if (base.bits === 32) throw cursor.refuse("an address has 64 bits: write r");
  const offset = cursor.match(/(?=[+-])/y) ? cursor.integerIn(-0x8000, 0x7fff, "a 16-bit offset") : 0;
  return { base: base.number, offset };
}

const DISTANCE = /(?:pc\s*)?(?=[+-]\s*\d)/y;
const TARGET_LABEL = /\S+/y;

/** `+3`, `pc-4` or a label. */
export function parseTarget(cursor: Cursor, bits: 16 | 32 = 16): { offset: number; ref?: Reference } {
  if (cursor.match(DISTANCE)) {
    const limit = 2 ** (bits - 1);
    return { offset: cursor.integerIn(-limit, limit - 1, `a ${bits}-bit distance`) };
  }
  const label = cursor.match(TARGET_LABEL)?.[0];
  if (label === undefined) throw cursor.expected("a label or a distance such as +3");
  return { offset: 0, ref: { kind: "jump", label } };
}
