/** Values whose text is found outside of the kernel: their numbers and addresses are written here. */
import { builtin as builtinInfo } from "../builtins.ts";
import type { Call, Expr } from "../ast.ts";
import { addressBytes } from "../addresses.ts";
import type { Type } from "../types.ts";
import { scalar } from "./expressions.ts";
import type { Handler, Spot } from "./handler.ts";
import { byteSize, isScalar } from "./layout.ts";
import { userId } from "../../lowering/identity.ts";
import { isDirect, readBytes, type Place } from "./memory.ts";
import { notLowered, refuse } from "./messages.ts";
import { hasPlace, place } from "./places.ts";
import { literalText } from "./text.ts";
import { words } from "../../lowering/words.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const MAC_BYTES = 6;

type Named = Type & { readonly kind: "named" };

/** Writes the `type.size` bytes of a builtin or a call that gives such a value. */
export function storeNamed(h: Handler, e: Expr, type: Named, spot: Spot): void {
  if (e.kind === "builtin" && builtinInfo(e.name) !== undefined)
    return h.builder.store(spot.base, spot.offset, 8, userId(h));
  const last = e.kind === "call" ? e.args.at(-1) : undefined;
  if (e.kind !== "call" || last === undefined) return refuse(notLowered, e.span, "this value is");
  switch (type.by.kind) {
    case "inet":
      return storeAddress(h, e, last, spot);
    case "mac":
      h.builder.zero(spot.base, spot.offset, 8);
      return storeBytes(h, last, MAC_BYTES, spot);
    default: {
      const word = type.by.kind === "time" ? last : e.args[0]!;
      return h.builder.store(spot.base, spot.offset, 8, scalar(h, word));
    }
  }
}

/** u64 family, 16 bytes of address. */
function storeAddress(h: Handler, e: Call, address: Expr, spot: Spot): void {
  const { builder } = h;
  const type = h.typeOf(address);
  const bytes = isScalar(type) ? 4 : Math.min(byteSize(type), 16);
  const given = e.args.length > 1 ? e.args[0] : undefined;
  const family = given === undefined ? h.constant(bytes === 4 ? AF_INET : AF_INET6) : scalar(h, given);
  builder.store(spot.base, spot.offset, 8, family);
  const to = { base: spot.base, offset: spot.offset + 8 };
  builder.zero(to.base, to.offset, 16);
  if (isScalar(type)) builder.store(to.base, to.offset, 4, scalar(h, address));
  else storeBytes(h, address, bytes, to);
}

/** The first `bytes` bytes of an array, wherever it lies. */
function storeBytes(h: Handler, e: Expr, bytes: number, spot: Spot): void {
  const from = bytesAt(h, e);
  if (isDirect(from) && from.space === "program")
    h.builder.copy(spot.base, spot.offset, from.base, from.offset, bytes, 1);
  else readBytes(h, from, spot, bytes);
}

/** Where the bytes of an array are. */
export function bytesAt(h: Handler, e: Expr): Place {
  const type = h.typeOf(e);
  if (type.kind === "array" && !hasPlace(h, e))
    return { base: scalar(h, e), offset: 0, space: type.space, trusted: type.trusted };
  return place(h, e);
}

/** pton(text): the bytes on the stack; their address. */
export function addressLiteral(h: Handler, e: Call): ReturnType<Handler["constant"]> {
  const text = e.args[0] === undefined ? undefined : literalText(h, e.args[0]);
  const bytes = text === undefined ? undefined : addressBytes(text);
  if (bytes === undefined) return refuse(notLowered, e.span, "a computed address is");
  const spot = h.builder.slot(bytes.length < 8 ? 8 : 16, "address");
  for (const word of words(bytes, 8, bytes.length))
    h.builder.store(spot, word.offset, word.size, h.constant(word.value));
  return spot;
}
