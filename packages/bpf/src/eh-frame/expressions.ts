/** The few DWARF expressions that compilers and the C library write into unwind tables, told by their shape. */
import { Cursor } from "./cursor.ts";

const DW_OP_deref = 0x06;
const DW_OP_lit0 = 0x30;
const DW_OP_breg0 = 0x70;
const DW_OP_and = 0x1a;
const DW_OP_ge = 0x2a;
const DW_OP_shl = 0x24;
const DW_OP_plus = 0x22;
const DW_OP_plus_uconst = 0x23;

const SP = 7;
const IP = 16;

/** A register and bytes from it: the address itself, or (`deref`) the word that lies there. */
export interface Address {
  readonly kind: "address";
  readonly register: number;
  readonly offset: number;
  readonly deref: boolean;
}

export type Expression =
  | Address
  /** rsp + 8 + ((rip & 15) >= threshold) * 8 */
  | { readonly kind: "plt"; readonly threshold: number }
  | { readonly kind: "other" };

const OTHER: Expression = { kind: "other" };

/** Errors: EhFrameError where the expression ends in the middle of an operation. */
export function readExpression(code: Cursor): Expression {
  const operation = code.done ? 0 : code.u8();
  if (operation < DW_OP_breg0 || operation > DW_OP_breg0 + 31) return OTHER;
  const register = operation - DW_OP_breg0;
  let offset = code.sleb();
  if (code.done) return { kind: "address", register, offset, deref: false };
  const next = code.u8();
  if (next === DW_OP_breg0 + IP) return register === SP && offset === 8 ? readPlt(code) : OTHER;
  if (next === DW_OP_plus_uconst) {
    offset += code.uleb();
    if (code.done) return { kind: "address", register, offset, deref: false };
    return code.u8() === DW_OP_deref && code.done ? { kind: "address", register, offset, deref: true } : OTHER;
  }
  return next === DW_OP_deref && code.done ? { kind: "address", register, offset, deref: true } : OTHER;
}

/** What follows `breg7 8; breg16`: `0; lit15; and; lit T; ge; lit3; shl; plus`. */
function readPlt(code: Cursor): Expression {
  const displacement = code.sleb();
  const operations: number[] = [];
  while (!code.done) operations.push(code.u8());
  const threshold = (operations[2] ?? 0) - DW_OP_lit0;
  const wanted = [DW_OP_lit0 + 15, DW_OP_and, DW_OP_lit0 + threshold, DW_OP_ge, DW_OP_lit0 + 3, DW_OP_shl, DW_OP_plus];
  const fits =
    displacement === 0 &&
    threshold >= 0 &&
    threshold < 16 &&
    operations.length === wanted.length &&
    operations.every((operation, i) => operation === wanted[i]);
  return fits ? { kind: "plt", threshold } : OTHER;
}
