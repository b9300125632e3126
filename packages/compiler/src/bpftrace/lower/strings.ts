/** Strings: written to where they are wanted, without copies in between. */
import type { AccessSize, Inst } from "../../ir/index.ts";
import type { Call, Expr } from "../ast.ts";
import type { AddressSpace } from "../types.ts";
import { storeComm, storeTaskComm } from "./comm.ts";
import { branch } from "./conditions.ts";
import { enterBlock, scalar } from "./expressions.ts";
import type { Handler, Spot } from "./handler.ts";
import { alignUp } from "./layout.ts";
import { mapEntryInto } from "./maps.ts";
import { address, isTrustedArray, loadBytes, readString, type Place } from "./memory.ts";
import { storeOption } from "./options.ts";
import { storePath } from "./path.ts";
import { storeConcat } from "./search.ts";
import { notLowered, refuse } from "./messages.ts";
import { place } from "./places.ts";
import { literalText } from "./text.ts";
import { cString, words } from "../../lowering/words.ts";

/** Writes the string `e` to the `size` bytes at `spot`. With `exact`, all that follows its end (up to a multiple of 8) is zero. */
export function storeString(h: Handler, e: Expr, size: number, spot: Spot, exact: boolean): void {
  const text = literalText(h, e);
  if (text !== undefined) return storeText(h, text, size, spot, exact);
  const replaced = h.variant.replacements.get(e);
  if (replaced !== undefined) return storeString(h, replaced, size, spot, exact);
  switch (e.kind) {
    case "builtin":
      return storeComm(h, e, size, spot, exact);
    case "call":
      return storeCall(h, e, size, spot, exact);
    case "member":
    case "index":
    case "unary":
      return storeFrom(h, place(h, e), stringSize(h, e), size, spot, exact);
    case "variable":
      return copyString(h, h.memoryVariable(e.name), stringSize(h, e), size, spot);
    case "map":
      return mapEntryInto(h, e, spot, alignUp(size));
    case "cast":
      return storeString(h, e.operand, Math.min(size, stringSize(h, e)), spot, exact);
    case "blockExpr":
      return storeString(h, enterBlock(h, e), size, spot, exact);
    case "ternary": {
      if (e.then === undefined) break;
      const { then, otherwise } = e;
      branch(
        h,
        e.condition,
        () => storeString(h, then, size, spot, exact),
        () => storeString(h, otherwise, size, spot, exact),
      );
      return;
    }
  }
  refuse(notLowered, e.span, "this kind of string is");
}

function stringSize(h: Handler, e: Expr): number {
  const type = h.typeOf(e);
  return type.kind === "string" || type.kind === "array" ? ("size" in type ? type.size : type.length) : 0;
}

function storeText(h: Handler, text: string, size: number, spot: Spot, exact: boolean): void {
  const { builder } = h;
  const whole = cString(text);
  const bytes = whole.length > size ? whole.slice(0, size) : whole;
  const end = exact ? alignUp(size) : Math.min(alignUp(bytes.length), alignUp(size));
  const padded = new Uint8Array(alignUp(bytes.length));
  padded.set(bytes);
  for (const word of words(padded, 8, padded.length))
    builder.store(spot.base, spot.offset + word.offset, word.size, h.constant(word.value));
  if (end > padded.length) builder.zero(spot.base, spot.offset + padded.length, end - padded.length);
}

function storeCall(h: Handler, e: Call, size: number, spot: Spot, exact: boolean): void {
  const [pointer, length] = e.args;
  if (e.name === "getopt") return storeOption(h, e, size, spot, exact);
  if (e.name === "str_concat") return storeConcat(h, e, size, spot, exact);
  if (e.name === "path") return storePath(h, e, size, spot, exact);
  if (e.name === "pcomm") return storeTaskComm(h, e, size, spot, exact);
  if (e.name !== "str" || pointer === undefined) return refuse(notLowered, e.span, `${e.name}() is`);
  const type = h.typeOf(pointer);
  if (type.kind === "string") return storeString(h, pointer, size, spot, exact);
  const space: AddressSpace =
    type.kind === "pointer" || type.kind === "array" ? type.space : h.variant.user ? "user" : "kernel";
  if (exact) h.builder.zero(spot.base, spot.offset, alignUp(size));
  const from = type.kind === "array" ? address(h, place(h, pointer)) : scalar(h, pointer);
  const bytes = length === undefined ? h.constant(size) : limited(h, length, size);
  readString(h, from, space === "program" ? "kernel" : space, spot, bytes);
}

/**
 * The first `bytes` bytes of the string that `str()` reads from an address, in memory of their own: as
 * much as a comparison looks at. One byte more is read, so that a longer string is not cut to an equal
 * one. Undefined for other strings.
 */
export function prefixOf(h: Handler, e: Expr, bytes: number): Words | undefined {
  if (e.kind !== "call" || e.name !== "str") return undefined;
  const [pointer, length] = e.args;
  const type = pointer === undefined ? undefined : h.typeOf(pointer);
  if (pointer === undefined || length !== undefined || (type?.kind !== "pointer" && type?.kind !== "int"))
    return undefined;
  const read = Math.min(stringSize(h, e), bytes + 1);
  const spot = h.temporary(read, "prefix", e.span);
  const space = type.kind === "pointer" ? type.space : h.variant.user ? "user" : "kernel";
  readString(h, scalar(h, pointer), space === "program" ? "kernel" : space, spot, h.constant(read));
  return (at, size) => h.builder.load(spot.base, spot.offset + at, size);
}

/** `length` bytes, no more than `size`. */
export function limited(h: Handler, length: Expr, size: number): Inst {
  if (length.kind === "int") return h.constant(Math.min(Number(length.value), size));
  const { builder } = h;
  const bytes = h.builder.variable("length");
  builder.write(bytes, scalar(h, length));
  h.when({ kind: "ugt", a: builder.read(bytes), b: h.constant(size) }, () => builder.write(bytes, h.constant(size)));
  return builder.read(bytes);
}

/** An array of `available` characters that lies somewhere. */
function storeFrom(h: Handler, from: Place, available: number, size: number, spot: Spot, exact: boolean): void {
  const { builder } = h;
  const bytes = Math.min(available, size);
  const word = wordsOf(h, from);
  if (word !== undefined && bytes % 8 === 0 && bytes <= 64) {
    if (exact) copyCut(h, word, bytes, spot);
    else for (let at = 0; at < bytes; at += 8) builder.store(spot.base, spot.offset + at, 8, word(at, 8));
    if (exact && alignUp(size) > bytes) builder.zero(spot.base, spot.offset + bytes, alignUp(size) - bytes);
    return;
  }
  if (exact) builder.zero(spot.base, spot.offset, alignUp(size));
  readString(h, address(h, from), from.space === "user" ? "user" : "kernel", spot, h.constant(bytes));
}

/** Loads some bytes at an offset into a string. */
export type Words = (at: number, size: AccessSize) => Inst;

/** The words of a string that programs may load themselves; undefined if it takes a helper to read it. */
export function wordsOf(h: Handler, from: Place): Words | undefined {
  if (from.space === "program" && from.offset % 8 === 0)
    return (at, size) => h.builder.load(from.base, from.offset + at, size);
  return isTrustedArray(from) ? (at, size) => loadBytes(h, from, at, size) : undefined;
}

/**
 * Copies `bytes` (whole words) up to a NUL and zeros after it, so that equal strings are equal bytes
 * whatever an earlier, longer one left behind. Word by word: subtracting 1 from each byte borrows into
 * the top bit first at the lowest byte that is zero; the bits below that one are kept, and once a NUL
 * was seen nothing more is.
 */
function copyCut(h: Handler, words: Words, bytes: number, spot: Spot): void {
  const { builder } = h;
  const ones = h.constant(0x0101010101010101n);
  const tops = h.constant(0x8080808080808080n);
  const all = h.constant(-1);
  let alive: Inst | undefined;
  for (let offset = 0; offset < bytes; offset += 8) {
    const word = words(offset, 8);
    const borrowed = builder.binary("and", builder.binary("sub", word, ones), builder.binary("xor", word, all));
    const zeros = builder.binary("and", borrowed, tops);
    const negated = builder.binary("sub", h.constant(0), zeros);
    const below = builder.binary("sub", builder.binary("and", zeros, negated), h.constant(1));
    const cut = builder.binary("and", word, below);
    builder.store(spot.base, spot.offset + offset, 8, alive === undefined ? cut : builder.binary("and", cut, alive));
    if (offset + 8 === bytes) break;
    const none = builder.binary(
      "xor",
      builder.binary("ashr", builder.binary("or", zeros, negated), h.constant(63)),
      all,
    );
    alive = alive === undefined ? none : builder.binary("and", alive, none);
  }
}

/** Copies an exact string of `available` bytes into a field of `size`. */
function copyString(h: Handler, from: Spot, available: number, size: number, spot: Spot): void {
  const bytes = Math.min(alignUp(available), alignUp(size));
  h.builder.copy(spot.base, spot.offset, from.base, from.offset, bytes);
  if (alignUp(size) > bytes) h.builder.zero(spot.base, spot.offset + bytes, alignUp(size) - bytes);
}
