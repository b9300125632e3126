/** Values written to memory, each straight into its last place where that is possible. */
import type { Cast, Expr, Ternary } from "../ast.ts";
import type { Type } from "../types.ts";
import { branch } from "./conditions.ts";
import { enterBlock, scalar } from "./expressions.ts";
import type { Handler, Spot } from "./handler.ts";
import { byteSize, fieldSize, isScalar, itemOffset } from "./layout.ts";
import { isDirect, readBytes } from "./memory.ts";
import { mapEntryInto } from "./maps.ts";
import { storeBuffer } from "./buffers.ts";
import { storeNamed } from "./naming.ts";
import { place } from "./places.ts";
import { storeStack, storeSymbol } from "./stacks.ts";
import { storeString } from "./strings.ts";

/** Bytes that are copied by loads and stores; a helper copies more in less code. */
const LARGEST_COPY = 128;

/**
 * Writes the value of `e` as a field of type `type` (as laid out by layout.ts) at `spot`. With `exact`,
 * every byte of the field is defined by the value alone, as keys need it; without, what follows a
 * string's end may be anything.
 */
export function storeValue(h: Handler, e: Expr, type: Type, spot: Spot, exact: boolean): void {
  h.at(e.span, () => store(h, e, type, spot, exact));
}

function store(h: Handler, e: Expr, type: Type, spot: Spot, exact: boolean): void {
  const { builder } = h;
  const replaced = h.variant.replacements.get(e);
  if (replaced !== undefined) return store(h, replaced, type, spot, exact);
  if (e.kind === "blockExpr") return store(h, enterBlock(h, e), type, spot, exact);
  if (isScalar(type)) {
    builder.store(spot.base, spot.offset, 8, scalar(h, e));
    return;
  }
  switch (type.kind) {
    case "string":
      return storeString(h, e, type.size, spot, exact);
    case "stack":
      return e.kind === "builtin" || e.kind === "call"
        ? storeStack(h, type, e.span, spot)
        : copyValue(h, e, type, spot);
    case "named":
      return e.kind === "call" || e.kind === "builtin" ? storeNamed(h, e, type, spot) : copyValue(h, e, type, spot);
    case "buffer":
      return e.kind === "call" ? storeBuffer(h, e, type, spot, exact) : copyValue(h, e, type, spot);
    case "symbol":
      return e.kind === "call" || e.kind === "builtin" ? storeSymbol(h, e, type, spot) : copyValue(h, e, type, spot);
    case "tuple": {
      if (e.kind !== "tuple") return copyValue(h, e, type, spot);
      // In the order in which they are written, which in a record need not be that of the type.
      for (const [index, item] of e.items.entries()) {
        const at = e.names === undefined ? index : (type.names?.indexOf(e.names[index]!) ?? index);
        storeValue(h, item, type.items[at]!, { base: spot.base, offset: spot.offset + itemOffset(type, at) }, exact);
      }
      return;
    }
    default:
      return copyValue(h, e, type, spot);
  }
}

/** Copies a value that lies in memory already. */
function copyValue(h: Handler, e: Expr, type: Type, spot: Spot): void {
  if (e.kind === "ternary") return chooseValue(h, e, type, spot);
  if (e.kind === "map") return mapEntryInto(h, e, spot, fieldSize(type));
  if (e.kind === "cast") return castToArray(h, e, type, spot);
  const from =
    e.kind === "variable" ? { ...h.memoryVariable(e.name), space: "program" as const, trusted: false } : place(h, e);
  const bytes = byteSize(type);
  if (fieldSize(type) > bytes) h.builder.zero(spot.base, spot.offset + (bytes & ~7), fieldSize(type) - (bytes & ~7));
  if (isDirect(from) && from.space === "program" && bytes <= LARGEST_COPY)
    h.builder.copy(spot.base, spot.offset, from.base, from.offset, bytes, bytes % 8 === 0 ? 8 : 1);
  else readBytes(h, from, spot, bytes);
}

/** A number as an array: its bytes as they lie. */
function castToArray(h: Handler, e: Cast, type: Type, spot: Spot): void {
  const bytes = byteSize(type);
  const value = scalar(h, e.operand);
  if (bytes === 8) h.builder.store(spot.base, spot.offset, 8, value);
  else h.builder.store(spot.base, spot.offset, 8, h.builder.extend(value, (bytes * 8) as 8 | 16 | 32, false));
}

function chooseValue(h: Handler, e: Ternary, type: Type, spot: Spot): void {
  const side = (chosen: Expr) => (): void => storeValue(h, chosen, type, spot, true);
  branch(h, e.condition, side(e.then ?? e.condition), side(e.otherwise));
}

/** Memory that holds the value of `e`, exact. */
export function temporaryOf(h: Handler, e: Expr): Spot {
  const type = h.typeOf(e);
  if (e.kind === "variable") return h.memoryVariable(e.name);
  const spot = h.temporary(fieldSize(type), e.kind, e.span);
  storeValue(h, e, type, spot, true);
  return spot;
}
