/** Texts of fixed size: compared word by word. */
import { refuse } from "../../diagnostics/index.ts";
import type { Inst } from "../../ir/index.ts";
import type { Spot } from "../../lowering/frame.ts";
import { cString, words } from "../../lowering/words.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node } from "../syntax/ast.ts";
import type { TextType } from "../types/type.ts";
import type { Outcome } from "./operators.ts";
import type { Program } from "./program.ts";
import { describeValue } from "./scalar.ts";
import { store } from "./store.ts";
import type { Value } from "./value.ts";

export function isText(value: Value): boolean {
  switch (value.kind) {
    case "constant":
      return typeof value.value === "string";
    case "memory":
    case "produced":
      return value.type.kind === "text";
    default:
      return false;
  }
}

/** Bytes that a text takes at most. */
function sizeOfText(value: Value, node: Node): number {
  if (value.kind === "constant" && typeof value.value === "string") return cString(value.value).length;
  if ((value.kind === "memory" || value.kind === "produced") && value.type.kind === "text") return value.type.size;
  return refuse(messages.unreachableTypes, spanOf(node), describeValue(value), "a text");
}

/** Whether two texts are (`wanted`) or are not the same. */
export function textEquals(p: Program, left: Value, right: Value, wanted: boolean, node: Node): Outcome {
  if (left.kind === "constant" && right.kind === "constant")
    return { kind: "known", value: (left.value === right.value) === wanted };
  if (right.kind === "constant") return equalsConstant(p, left, right, wanted, node);
  if (left.kind === "constant") return equalsConstant(p, right, left, wanted, node);
  const size = Math.max(sizeOfText(left, node), sizeOfText(right, node));
  const rounded = (size + 7) & ~7;
  const [a, b] = [left, right].map((value) => {
    const spot = p.temporary(rounded, "text", node);
    store(p, value, { kind: "text", size: rounded }, spot, true, node);
    return spot;
  });
  return differences(
    p,
    Array.from({ length: rounded / 8 }, (_, index) => {
      const load = (spot: Spot): Inst => p.builder.load(spot.base, spot.offset + index * 8, 8);
      return p.builder.binary("xor", load(a!), load(b!));
    }),
    wanted,
  );
}

function equalsConstant(p: Program, text: Value, known: Value, wanted: boolean, node: Node): Outcome {
  const size = sizeOfText(text, node);
  const value = known.kind === "constant" ? known.value : undefined;
  if (typeof value !== "string") return refuse(messages.unreachableTypes, spanOf(node), "a text", describeValue(known));
  const bytes = cString(value);
  // Longer than all that there can be.
  if (bytes.length - 1 > size) return { kind: "known", value: !wanted };
  const compared = bytes.length > size ? bytes.subarray(0, size) : bytes;
  // One byte more than is compared, so that a longer text is not cut to an equal one.
  const spot = inMemory(p, text, size, Math.min(size, compared.length + 1), node);
  const alignment = spot.offset % 8 === 0 ? 8 : spot.offset % 4 === 0 ? 4 : spot.offset % 2 === 0 ? 2 : 1;
  return differences(
    p,
    words(compared, alignment, compared.length).map((word) => {
      let loaded = p.builder.load(spot.base, spot.offset + word.offset, word.size);
      if (word.mask !== undefined) loaded = p.builder.binary("and", loaded, p.constant(word.mask));
      return p.builder.binary("xor", loaded, p.constant(word.value));
    }),
    wanted,
  );
}

/** Where a text lies, or a copy of it: of its first `start` bytes if no more need be read. */
function inMemory(p: Program, text: Value, size: number, start: number, node: Node): Spot {
  if (text.kind === "memory" && text.place.space === "program" && text.place.field === undefined) return text.place;
  if (text.kind === "produced" && text.writeStart !== undefined) {
    const spot = p.temporary(start, "text", node);
    text.writeStart(spot, start);
    return spot;
  }
  const spot = p.temporary((size + 7) & ~7, "text", node);
  const type: TextType = { kind: "text", size };
  store(p, text, type, spot, false, node);
  return spot;
}

/** All zero, or not. */
function differences(p: Program, parts: readonly Inst[], equal: boolean): Outcome {
  const all = parts.reduce((sum, part) => p.builder.binary("or", sum, part));
  return { kind: "tested", condition: { kind: equal ? "eq" : "ne", a: all, b: p.constant(0) } };
}
