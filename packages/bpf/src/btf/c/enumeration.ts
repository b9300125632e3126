/** Enums as C writes them, with the size that BTF says. */
import type { BtfType } from "../btf.ts";
import { join } from "./declarator.ts";
import type { CNames } from "./names.ts";

type Enum = Extract<BtfType, { kind: "enum" | "enum64" }>;

const INT32_MIN = -(2n ** 31n);
const UINT32_MAX = 2n ** 32n - 1n;
const INT64_MIN = -(2n ** 63n);
/** GCC's modes, which clang knows too, by size in bytes. */
const MODES: Readonly<Record<number, string>> = { 1: "QI", 2: "HI", 4: "SI", 8: "DI" };

/** `head` is "enum" with the name, if there is one. */
export function enumeration(type: Enum, head: string, names: CNames, indent: string): string {
  const lines = type.values.map(({ name, value }) => `${indent}\t${names.enumerator(name)} = ${literal(value)},\n`);
  return join(`${head} {\n${lines.join("")}${indent}}`, sizeAttribute(type));
}

/** A compiler takes 32 bits unless a value needs more. */
function sizeAttribute({ size, values }: Enum): string {
  const natural = values.every(({ value }) => value >= INT32_MIN && value <= UINT32_MAX) ? 4 : 8;
  const mode = MODES[size];
  return size === natural || mode === undefined ? "" : `__attribute__((mode(${mode})))`;
}

function literal(value: bigint): string {
  if (value === INT64_MIN) return `(${value + 1n}LL - 1)`;
  if (value >= INT32_MIN && value <= UINT32_MAX) return `${value}`;
  return `${value}${value < 0n ? "LL" : "ULL"}`;
}
