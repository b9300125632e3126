/**
 * The layout of BTF, by the kernel's names (include/uapi/linux/btf.h). A blob is a header, a type
 * section and a string section; each type is three 32-bit words and what its kind adds:
 *
 *     ┌──────────────┬───────────────────────────────┬────────────────┐
 *     │ name_off     │ info: kflag 31, kind 30..24,  │ size or type   │
 *     │              │       vlen 23..0              │                │
 *     └──────────────┴───────────────────────────────┴────────────────┘
 *
 * Kernels before 7.1 have five bits for the kind and sixteen for vlen; the others were 0.
 */
import type { BtfKind } from "./btf.ts";

export const BTF_MAGIC = 0xeb9f;
export const BTF_VERSION = 1;
/** Bytes of the header that version 1 defines; `hdr_len` may be more. */
export const BTF_HEADER_BYTES = 24;
/** Bytes of a header that also names a section of layouts, see header.ts. */
export const BTF_LAYOUT_HEADER_BYTES = 32;

/** The second word of a type, taken apart. */
export const kindOf = (info: number): number => (info >>> 24) & 0x7f;
export const vlenOf = (info: number): number => info & 0xff_ffff;
export const flagOf = (info: number): boolean => info >>> 31 === 1;

/** Kinds by number; `fwd`, `struct` and so on as {@link BtfKind} spells them. */
export const KIND_NAMES: readonly BtfKind[] = [
  "void",
  "int",
  "ptr",
  "array",
  "struct",
  "union",
  "enum",
  "fwd",
  "typedef",
  "volatile",
  "const",
  "restrict",
  "func",
  "funcProto",
  "var",
  "datasec",
  "float",
  "declTag",
  "typeTag",
  "enum64",
];

export const Kind = {
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;

/** Linkage of functions and variables by number. */
export const LINKAGES = ["static", "global", "extern"] as const;

/** Bits of an int's `encoding`. */
export const IntFlag = { SIGNED: 1, CHAR: 2, BOOL: 4 } as const;

/** 32-bit words after the first three, for a kind with `vlen` entries; -1 for a kind unknown to us. */
export function extraWords(kind: number, vlen: number): number {
  switch (kind) {
    case Kind.INT:
    case Kind.VAR:
    case Kind.DECL_TAG:
      return 1;
    case Kind.ARRAY:
      return 3;
    case Kind.STRUCT:
    case Kind.UNION:
    case Kind.DATASEC:
    case Kind.ENUM64:
      return 3 * vlen;
    case Kind.ENUM:
    case Kind.FUNC_PROTO:
      return 2 * vlen;
    case Kind.PTR:
    case Kind.FWD:
    case Kind.TYPEDEF:
    case Kind.VOLATILE:
    case Kind.CONST:
    case Kind.RESTRICT:
    case Kind.FUNC:
    case Kind.FLOAT:
    case Kind.TYPE_TAG:
      return 0;
    default:
      return -1;
  }
}
