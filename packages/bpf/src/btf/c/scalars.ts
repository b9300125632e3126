/** Integers and floats by the names that C has for them. */
import type { BtfType } from "../btf.ts";

export type Scalar = Extract<BtfType, { kind: "int" | "float" }>;

const WORDS = new Set(["unsigned", "signed", "char", "short", "int", "long", "__int128", "_Bool"]);

/**
 * What C calls an integer or float, on a machine of 64 bits; undefined where the name means nothing
 * to C (`__ARRAY_SIZE_TYPE__`, `ssizetype`) or another size.
 */
export function builtIn(type: Scalar): string | undefined {
  const words = type.name.split(" ");
  if (type.kind === "float") return sizeOfFloat(type.name) === type.size ? type.name : undefined;
  if (!words.every((word) => WORDS.has(word)) || sizeOfInteger(words) !== type.size) return undefined;
  // GCC writes "__int128 unsigned", which reads better the other way round.
  return words.includes("__int128") && words.includes("unsigned") ? "unsigned __int128" : type.name;
}

/** A type of C that has the same size, alignment and sign. */
export function equivalent(type: Scalar): string | undefined {
  if (type.kind === "float")
    return { 2: "unsigned short", 4: "float", 8: "double", 16: "unsigned __int128" }[type.size];
  if (type.encoding === "bool" && type.size === 1) return "_Bool";
  const name = { 1: "char", 2: "short", 4: "int", 8: "long", 16: "__int128" }[type.size];
  return name && `${type.encoding === "signed" ? "signed" : "unsigned"} ${name}`;
}

function sizeOfInteger(words: readonly string[]): number {
  if (words.includes("_Bool") || words.includes("char")) return 1;
  if (words.includes("short")) return 2;
  if (words.includes("long")) return 8;
  return words.includes("__int128") ? 16 : 4;
}

function sizeOfFloat(name: string): number | undefined {
  return name === "float" ? 4 : name === "double" ? 8 : undefined;
}
