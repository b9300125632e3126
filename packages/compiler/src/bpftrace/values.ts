/** Types as values: the ones that are needed often, their names for people, and the rules of arithmetic. */
import type { IntType, Type } from "./types.ts";

export const NONE: Type = { kind: "none" };
export const VOID: Type = { kind: "void" };
export const BOOL: Type = { kind: "bool" };
export const INT64: IntType = { kind: "int", size: 8, signed: true };
export const UINT64: IntType = { kind: "int", size: 8, signed: false };
export const UINT32: IntType = { kind: "int", size: 4, signed: false };

export function int(size: number, signed: boolean): IntType {
  return { kind: "int", size: size === 1 || size === 2 || size === 4 ? size : 8, signed };
}

/** `size` counts the terminating NUL. */
export function stringOf(size: number): Type {
  return { kind: "string", size };
}

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The smallest signed type that holds a literal; unsigned only where no signed one does. */
export function literalType(value: bigint): IntType {
  for (const size of [1, 2, 4, 8] as const) if (BigInt.asIntN(size * 8, value) === value) return int(size, true);
  return UINT64;
}

/** As a person would write it: "uint64", "string[16]", "struct task_struct *", "(int64, string[16])". */
export function typeText(type: Type): string {
  switch (type.kind) {
    case "none":
      return "unknown";
    case "int":
      return `${type.signed ? "" : "u"}int${type.size * 8}`;
    case "string":
    case "buffer":
      return `${type.kind}[${type.size}]`;
    case "pointer":
      return typeText(type.to).replace(/\**$/, (stars) => (stars === "" ? " *" : `${stars}*`));
    case "struct":
      return type.name;
    case "array":
      return `${typeText(type.element)}[${type.length}]`;
    case "enum":
      return type.name === "" ? "enum" : `enum ${type.name}`;
    case "tuple":
      return `(${type.items.map((item, i) => `${type.names === undefined ? "" : `${type.names[i]}=`}${typeText(item)}`).join(", ")})`;
    case "stack":
      return type.user ? "ustack" : "kstack";
    case "symbol":
      return type.user ? "usym" : "ksym";
    case "named":
      return NAMED[type.by.kind];
    default:
      return type.kind;
  }
}

/** What people call values that are named when they are printed. */
const NAMED = {
  inet: "inet",
  mac: "macaddr",
  time: "timestamp",
  cgroup: "cgroup_path",
  user: "username",
  comm: "comm",
  error: "strerror",
  signal: "signal_name",
  syscall: "syscall_name",
} as const;

/** Can this be calculated with as an integer? */
export function isInteger(type: Type): boolean {
  return type.kind === "int" || type.kind === "bool" || type.kind === "enum";
}

/** The integer that a value stands for in arithmetic: pointers are unsigned addresses. */
export function asInteger(type: Type): IntType | undefined {
  switch (type.kind) {
    case "int":
      return type;
    case "bool":
      return int(1, false);
    case "enum":
      return int(type.size, type.signed);
    case "pointer":
      return UINT64;
    default:
      return undefined;
  }
}

/**
 * How two integers meet: the result is signed if both are, or if the signed one is large enough for
 * every value of the unsigned one. `safe` is false where neither holds and the sign is a guess.
 */
export function commonSign(left: IntType, right: IntType): { readonly signed: boolean; readonly safe: boolean } {
  if (left.signed === right.signed) return { signed: left.signed, safe: true };
  const [signed, unsigned] = left.signed ? [left, right] : [right, left];
  return signed.size > unsigned.size ? { signed: true, safe: true } : { signed: false, safe: false };
}
