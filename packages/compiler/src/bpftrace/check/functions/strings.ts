/** str and strncmp. */
import type { Call } from "../../ast.ts";
import { notConstant } from "../../messages/names.ts";
import type { Type } from "../../types.ts";
import { INT64, NONE, asInteger, stringOf, utf8Length } from "../../values.ts";
import { argument } from "../calls.ts";
import { constantOf } from "../constants.ts";
import type { Handler } from "../handler.ts";

/** str(pointer [, length]): sized by the length, which counts the NUL at the end, if it is a constant, else by max_strlen. */
export function checkStr(handler: Handler, call: Call): Type {
  const { maxStrlen, strTruncTrailer } = handler.program.config;
  const [from, length] = call.args;
  const isByte = (type: Type): boolean => type.kind === "int" && type.size === 1;
  const source = argument(
    handler,
    call,
    0,
    "a pointer to characters",
    (type) =>
      type.kind === "string" ||
      (type.kind === "int" && type.size === 8) ||
      (type.kind === "int" && from?.kind === "positional") ||
      type.kind === "pointer" ||
      (type.kind === "array" && isByte(type.element)),
  );
  if (from?.kind === "positional") return positional(handler, call);
  let size =
    source.kind === "string"
      ? source.size
      : source.kind === "array" && source.length > 0
        ? source.length + 1
        : maxStrlen;
  if (length !== undefined) {
    argument(handler, call, 1, "an integer", (type) => asInteger(type) !== undefined);
    const limit = constantOf(handler, length);
    if (typeof limit === "bigint" && limit >= 0n && limit < BigInt(maxStrlen))
      size = Math.min(size, Math.max(1, Number(limit)));
  }
  if (source.kind === "none") return NONE;
  // Where nobody chose the size, a text may be longer.
  return size < maxStrlen || strTruncTrailer === ""
    ? stringOf(Math.min(size, maxStrlen))
    : { kind: "string", size: maxStrlen, cut: strTruncTrailer };
}

/** str($1) is the parameter's text. */
function positional(handler: Handler, call: Call): Type {
  const [from] = call.args;
  if (from?.kind !== "positional") return NONE;
  const text =
    from.index === 0
      ? String(handler.program.options.params?.length ?? 0)
      : (handler.program.options.params?.[from.index - 1] ?? "");
  handler.constants.set(from, text);
  handler.constants.set(call, text);
  return handler.give(from, stringOf(utf8Length(text) + 1));
}

export function checkStrncmp(handler: Handler, call: Call): Type {
  for (const index of [0, 1]) argument(handler, call, index, "a string", (type) => type.kind === "string");
  const length = call.args[2];
  const type = argument(handler, call, 2, "an integer", (found) => asInteger(found) !== undefined);
  if (length !== undefined && type.kind !== "none" && typeof constantOf(handler, length) !== "bigint")
    handler.diagnostics.report(notConstant, length.span, "the length");
  return INT64;
}
