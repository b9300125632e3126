/** Values as text, in bpftrace's notation. */
import type { Value } from "../decode/value.ts";
import { printableBytes } from "../format/buffer.ts";
import type { Escape } from "../format/escape.ts";
import type { Names } from "./names.ts";

export interface Notation {
  readonly escape: Escape;
  readonly names: Names;
}

const VALUE_INDENT = "        ";
const KEY_INDENT = "    ";

/** `(1, abc)` for tuples, `{ .a = 1 }` for records, `[1,2]` for arrays, a name for an enumerator or address. */
export function showValue(value: Value, notation: Notation, indent: string = VALUE_INDENT): string {
  if (typeof value === "string") return notation.escape(value);
  if (typeof value !== "object") return String(value);
  if (value instanceof Uint8Array) return printableBytes(value);
  if (!("kind" in value)) return `[${value.map((item) => showValue(item, notation, indent)).join(",")}]`;
  switch (value.kind) {
    case "enum":
      return value.name ?? String(value.value);
    case "pointer":
      return `0x${value.address.toString(16)}`;
    case "symbol":
      return notation.escape(notation.names.symbol(value));
    case "stack":
      return notation.escape(notation.names.stack(value, indent));
    case "tuple":
      return `(${value.items.map((item) => showValue(item, notation, indent)).join(", ")})`;
    case "record":
      if (value.fields.length === 0) return "{}";
      return `{ ${value.fields.map((field) => `.${field.name} = ${showValue(field.value, notation, indent)}`).join(", ")} }`;
  }
}

/** The parts of a map's key, as they stand between its brackets. */
export function showKeys(keys: readonly Value[], notation: Notation, separator: string = ", "): string {
  return keys.map((key) => showValue(key, notation, KEY_INDENT)).join(separator);
}
