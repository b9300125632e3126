/** Bytes of memory: buf(), memcmp(), write_user(). */
import type { Inst } from "../../ir/index.ts";
import { Helper } from "../../lowering/helpers.ts";
import type { Call, Expr } from "../ast.ts";
import type { Type } from "../types.ts";
import { constantArgument } from "./calls.ts";
import { scalar } from "./expressions.ts";
import type { Handler, Spot } from "./handler.ts";
import { BUFFER_HEADER, alignUp, byteSize, fieldSize, isScalar } from "./layout.ts";
import { address, readBytes, spotAddress, type Place } from "./memory.ts";
import { memcmpTooLong, notLowered, refuse } from "./messages.ts";
import { bytesAt } from "./naming.ts";
import { hasPlace, place } from "./places.ts";
import { limited } from "./strings.ts";
import { temporaryOf } from "./values.ts";

/** Writes u32 length, then the bytes; with `exact`, zeros after them. */
export function storeBuffer(h: Handler, e: Call, type: Type & { kind: "buffer" }, spot: Spot, exact: boolean): void {
  const { builder } = h;
  const [source, length] = e.args;
  if (source === undefined) return refuse(notLowered, e.span, "buf() of nothing is");
  const from = sourceOf(h, source);
  if (exact) builder.zero(spot.base, spot.offset, fieldSize(type));
  const bytes = length === undefined ? h.constant(type.size) : limited(h, length, type.size);
  builder.store(spot.base, spot.offset, 4, bytes);
  const helper = from.space === "user" ? Helper.probeReadUser : Helper.probeReadKernel;
  builder.call(helper, [
    spotAddress(h, { base: spot.base, offset: spot.offset + BUFFER_HEADER }),
    bytes,
    address(h, from),
  ]);
}

/** What a pointer points to, or an array in its place. */
function sourceOf(h: Handler, e: Expr): Place {
  const type = h.typeOf(e);
  if (type.kind === "pointer") return { base: scalar(h, e), offset: 0, space: type.space, trusted: false };
  if (type.kind === "int")
    return { base: scalar(h, e), offset: 0, space: h.variant.user ? "user" : "kernel", trusted: false };
  return bytesAt(h, e);
}

/** Longer comparisons would make the program too large. */
const LARGEST_COMPARISON = 512;

/** memcmp(left, right, count): 0, or -1 or 1 by the first byte that differs. */
export function compareBytes(h: Handler, e: Call): Inst {
  const { builder } = h;
  const [left, right, length] = e.args;
  if (left === undefined || right === undefined) return refuse(notLowered, e.span, "memcmp() of nothing is");
  const count = Math.min(constantArgument(h, length), available(h, left), available(h, right));
  if (count > LARGEST_COMPARISON) return refuse(memcmpTooLong, e.span, count, LARGEST_COMPARISON);
  const [a, b] = [left, right].map((side) => readable(h, side, count)) as [Spot, Spot];
  const result = builder.variable("memcmp");
  builder.write(result, h.constant(0));
  const before = builder.current;
  const join = builder.block("compared");
  for (let offset = 0; offset < count; offset += 8) {
    const here = builder.current;
    const [different, same] = [builder.block("different"), builder.block("same")];
    const word = (spot: Spot): Inst => ordered(h, spot, offset, count - offset);
    const [x, y] = [word(a), word(b)];
    builder.branch({ kind: "eq", a: x, b: y }, same, different);
    h.enter(different, here);
    builder.write(result, h.constant(1));
    h.when({ kind: "ult", a: x, b: y }, () => builder.write(result, h.constant(-1)));
    builder.jump(join);
    h.enter(same, here);
  }
  builder.jump(join);
  h.enter(join, before);
  return builder.read(result);
}

/** Eight bytes as a number that compares as they do; of the last ones only `left` count. */
function ordered(h: Handler, spot: Spot, offset: number, left: number): Inst {
  const { builder } = h;
  const word = builder.byteSwap(builder.load(spot.base, spot.offset + offset, 8), 64);
  return left >= 8 ? word : builder.binary("lshr", word, h.constant(64 - left * 8));
}

function available(h: Handler, e: Expr): number {
  const type = h.typeOf(e);
  return type.kind === "pointer" ? Infinity : byteSize(type);
}

/** The first `count` bytes in memory of the program, with zeros up to a multiple of 8. */
function readable(h: Handler, e: Expr, count: number): Spot {
  const type = h.typeOf(e);
  if (type.kind !== "pointer" && type.kind !== "array" && type.kind !== "struct") return temporaryOf(h, e);
  const spot = h.temporary(alignUp(count), "bytes", e.span);
  h.builder.zero(spot.base, spot.offset, alignUp(count));
  readBytes(h, type.kind === "struct" && hasPlace(h, e) ? place(h, e) : sourceOf(h, e), spot, count);
  return spot;
}

/** write_user(pointer, value): as many bytes as the pointer's target or the string has. */
export function writeUser(h: Handler, e: Call): void {
  const [pointer, value] = e.args;
  if (pointer === undefined || value === undefined) return refuse(notLowered, e.span, "write_user() of nothing is");
  const type = h.typeOf(value);
  const target = h.typeOf(pointer);
  let bytes = byteSize(type);
  let spot: Spot;
  if (isScalar(type)) {
    if (target.kind === "pointer" && isScalar(target.to)) bytes = byteSize(target.to);
    spot = h.temporary(8, "value", e.span);
    h.builder.store(spot.base, spot.offset, 8, scalar(h, value));
  } else {
    spot = temporaryOf(h, value);
  }
  h.builder.call(Helper.probeWriteUser, [scalar(h, pointer), spotAddress(h, spot), h.constant(bytes)]);
}
