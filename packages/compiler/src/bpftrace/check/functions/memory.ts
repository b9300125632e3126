/** Bytes and strings: where they are, how long, what is in them. */
import type { Call } from "../../ast.ts";
import { notConstant } from "../../messages/names.ts";
import type { Type } from "../../types.ts";
import { BOOL, INT64, NONE, UINT64, VOID, asInteger, stringOf } from "../../values.ts";
import { argument } from "../calls.ts";
import { constantOf } from "../constants.ts";
import type { Handler } from "../handler.ts";
import { byteCount, requireUnsafe } from "./naming.ts";

/** buf(pointer, length), buf(array [, length]). */
export function checkBuf(handler: Handler, call: Call): Type {
  const { maxStrlen } = handler.program.config;
  const source = argument(
    handler,
    call,
    0,
    "a pointer or an array",
    (type) => type.kind === "pointer" || type.kind === "array" || type.kind === "string" || wideInteger(type),
  );
  let size = maxStrlen;
  const own = arrayBytes(source);
  if (own !== undefined) size = own;
  const length = call.args[1];
  if (length === undefined) {
    if (own === undefined && source.kind !== "none")
      argument(handler, call, 0, "an array, or a length as the second argument", () => false);
  } else {
    argument(handler, call, 1, "an integer", (type) => asInteger(type) !== undefined);
    const limit = constantOf(handler, length);
    if (typeof limit === "bigint") size = own === undefined ? Number(limit) : Math.min(size, Number(limit));
  }
  return source.kind === "none" ? NONE : { kind: "buffer", size: Math.max(1, Math.min(size, maxStrlen)) };
}

function arrayBytes(type: Type): number | undefined {
  if (type.kind === "array" && type.element.kind === "int") return type.length * type.element.size;
  return byteCount(type);
}

function wideInteger(type: Type): boolean {
  return type.kind === "int" && type.size === 8;
}

function isText(type: Type): boolean {
  return (
    type.kind === "string" ||
    (type.kind === "array" && byteCount(type) !== undefined) ||
    (type.kind === "pointer" && type.to.kind === "int" && type.to.size === 1)
  );
}

export function checkStrlen(handler: Handler, call: Call): Type {
  const type = argument(handler, call, 0, "a string", isText);
  return type.kind === "none" ? NONE : UINT64;
}

/** The bytes that a string has room for, its NUL included; what a pointer points to is measured. */
export function checkStrcap(handler: Handler, call: Call): Type {
  const type = argument(handler, call, 0, "a string", isText);
  if (type.kind === "none") return NONE;
  const capacity = type.kind === "array" ? type.length : type.kind === "string" ? type.size : undefined;
  if (capacity !== undefined) handler.constants.set(call, BigInt(capacity));
  return INT64;
}

export function checkStrcontains(handler: Handler, call: Call): Type {
  return twoStrings(handler, call) ? BOOL : NONE;
}

export function checkStrstr(handler: Handler, call: Call): Type {
  return twoStrings(handler, call) ? INT64 : NONE;
}

function twoStrings(handler: Handler, call: Call): boolean {
  return [0, 1].every(
    (index) => argument(handler, call, index, "a string", (type) => type.kind === "string").kind !== "none",
  );
}

/** As long as both together, and no longer than strings may be. */
export function checkStrConcat(handler: Handler, call: Call): Type {
  const [a, b] = [0, 1].map((index) => argument(handler, call, index, "a string", (type) => type.kind === "string"));
  if (a?.kind !== "string" || b?.kind !== "string") return NONE;
  return stringOf(Math.min(a.size + b.size - 1, handler.program.config.maxStrlen));
}

/** memcmp(left, right, count). */
export function checkMemcmp(handler: Handler, call: Call): Type {
  const isBytes = (type: Type): boolean =>
    type.kind === "array" ||
    type.kind === "string" ||
    type.kind === "pointer" ||
    type.kind === "tuple" ||
    type.kind === "struct";
  for (const index of [0, 1]) argument(handler, call, index, "a string, an array or a pointer", isBytes);
  const type = argument(handler, call, 2, "an integer", (found) => asInteger(found) !== undefined);
  const count = call.args[2];
  if (count !== undefined && type.kind !== "none" && typeof constantOf(handler, count) !== "bigint")
    handler.diagnostics.report(notConstant, count.span, "the number of bytes");
  return INT64;
}

/** kptr(pointer), uptr(pointer): the same address in the kernel's or the process's memory. */
export function addressSpace(space: "kernel" | "user"): (handler: Handler, call: Call) => Type {
  return (handler, call) => {
    const type = argument(handler, call, 0, "a pointer", (found) => found.kind === "pointer" || found.kind === "int");
    if (type.kind === "none") return NONE;
    const to = type.kind === "pointer" ? inSpace(type.to, space) : UINT64;
    return { kind: "pointer", to, space, trusted: false };
  };
}

function inSpace(type: Type, space: "kernel" | "user"): Type {
  if (type.kind === "struct" || type.kind === "array") return { ...type, space, trusted: false };
  return type.kind === "pointer" ? { ...type, to: inSpace(type.to, space), space, trusted: false } : type;
}

/** write_user(pointer, value). */
export function checkWriteUser(handler: Handler, call: Call): Type {
  requireUnsafe(handler, call);
  argument(
    handler,
    call,
    0,
    "a pointer into user space",
    (type) => (type.kind === "pointer" && type.space === "user") || wideInteger(type),
  );
  argument(
    handler,
    call,
    1,
    "an integer or a string",
    (type) => asInteger(type) !== undefined || type.kind === "string",
  );
  return VOID;
}
