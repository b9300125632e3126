/** Stack traces and symbols: their numbers are kept in the kernel, their names are found when they are printed. */
import type { Inst } from "../../ir/index.ts";
import type { Expr, Span } from "../ast.ts";
import type { Type } from "../types.ts";
import { scalar } from "./expressions.ts";
import { processId } from "./identity.ts";
import type { Handler, Spot } from "./handler.ts";
import { Helper, USER_STACK } from "../../lowering/helpers.ts";
import { storeOwner, storeStackId } from "../../lowering/stacks.ts";
import { spotAddress } from "./memory.ts";
import { unwoundDepth, unwoundStackId } from "./unwind/unwind.ts";
import { registers } from "../../lowering/registers.ts";

/** Bytes of one return address. */
const FRAME_BYTES = 8;

/** Writes i64 id, u32 pid (0 for the kernel's stacks), u32 zero. */
export function storeStack(h: Handler, type: Type & { kind: "stack" }, span: Span, spot: Spot): void {
  const owner = type.user ? (): Inst => processId(h) : undefined;
  if (!type.unwound) return storeStackId(h, h.object.stackMap(type), owner, spot);
  h.builder.store(spot.base, spot.offset, 8, unwoundStackId(h, type, span));
  storeOwner(h, owner, spot);
}

/** The frames of the present stack, at most as many as its type says. */
export function stackDepth(h: Handler, type: Type & { kind: "stack" }, span: Span): Inst {
  if (type.unwound) return unwoundDepth(h, type, span);
  const { builder } = h;
  const bytes = type.frames * FRAME_BYTES;
  const spot = { base: h.scratch(), offset: h.reserveScratch(bytes, span) };
  const flags = h.constant(type.user ? USER_STACK : 0);
  const got = builder.call(Helper.getStack, [h.context(), spotAddress(h, spot), h.constant(bytes), flags]);
  const depth = builder.variable("depth");
  builder.write(depth, builder.binary("udiv", got, h.constant(FRAME_BYTES)));
  h.when({ kind: "slt", a: got, b: h.constant(0) }, () => builder.write(depth, h.constant(0)));
  return builder.read(depth);
}

/** Writes u64 address and, for a user symbol, u32 pid, u32 zero. */
export function storeSymbol(h: Handler, e: Expr, type: Type & { kind: "symbol" }, spot: Spot): void {
  const { builder } = h;
  builder.store(spot.base, spot.offset, 8, symbolAddress(h, e));
  if (type.user) builder.store(spot.base, spot.offset + 8, 8, processId(h));
}

function symbolAddress(h: Handler, e: Expr): Inst {
  const argument = e.kind === "call" ? e.args[0] : undefined;
  return argument === undefined ? probedFunction(h) : scalar(h, argument);
}

/** `func`: the address of the function that the probe is on. */
function probedFunction(h: Handler): Inst {
  const { builder } = h;
  if (h.object.target.features.cookie && h.variant.programType !== "perf_event")
    return builder.call(Helper.funcIp, [h.context()]);
  return builder.load(h.context(), registers(h.object.target.arch).ip, 8);
}
