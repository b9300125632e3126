/** Values of the language in memory outside the program. */
import type { AccessSize, Inst } from "../../ir/index.ts";
import { readValue, type Place } from "../../lowering/memory.ts";
import type { Span } from "../ast.ts";
import type { Type } from "../types.ts";
import { typeText } from "../values.ts";
import type { Handler } from "./handler.ts";
import { noLayout, refuse } from "./messages.ts";

export {
  address,
  isDirect,
  isTrustedArray,
  loadBytes,
  readBytes,
  readString,
  spotAddress,
  type Place,
} from "../../lowering/memory.ts";

/** Reads the value of register size that lies at `place`. */
export function read(h: Handler, place: Place, type: Type, span: Span): Inst {
  return readValue(h, place, {
    size: accessSize(type, span),
    signed: (type.kind === "int" || type.kind === "enum") && type.signed,
    trusted: type.kind === "pointer" && type.trusted,
  });
}

/** The size that a value of this type has in memory, which a register must hold. */
export function accessSize(type: Type, span: Span): AccessSize {
  switch (type.kind) {
    case "int":
    case "enum":
      return type.size;
    case "bool":
      return 1;
    case "pointer":
      return 8;
    default:
      return refuse(noLayout, span, typeText(type));
  }
}
