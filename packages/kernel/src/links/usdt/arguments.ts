/**
 * The arguments of a usdt probe, as its note says them: "8@%rdi -4@$5 4@-20(%rbp)": the size in bytes,
 * negative if signed, and where the value is, in the assembler's words.
 */
import type { UsdtArgument } from "@sonde/bpf/spec";
import { registerOffset } from "./registers.ts";

export type { UsdtArgument };

/** Throws TypeError for what cannot be read. */
export function parseArguments(text: string, arch: string = process.arch): UsdtArgument[] {
  const found: UsdtArgument[] = [];
  // On arm64 operands have blanks in them: "8@[sp, 16]".
  for (const [word = ""] of text.matchAll(/-?\d+f?@(?:\[[^\]]*\]|\S+)/g)) found.push(parseArgument(word, arch));
  return found;
}

function parseArgument(word: string, arch: string): UsdtArgument {
  const at = word.indexOf("@");
  const size = Number(word.slice(0, at));
  const place = arch === "arm64" ? arm64Place(word.slice(at + 1)) : x64Place(word.slice(at + 1));
  if (![1, 2, 4, 8].includes(Math.abs(size)) || place === undefined)
    throw new TypeError(`cannot read the argument '${word}' of a usdt probe`);
  return { size: Math.abs(size), signed: size < 0, place };
}

const NUMBER = "-?(?:0x[0-9a-fA-F]+|\\d+)";

function x64Place(text: string): UsdtArgument["place"] | undefined {
  const constant = new RegExp(`^\\$(${NUMBER})$`).exec(text)?.[1];
  if (constant !== undefined) return { kind: "constant", value: integer(constant) };
  if (text.startsWith("%")) return inRegister(registerOffset(text.slice(1), "x64"));
  const memory = new RegExp(`^(${NUMBER})?\\(%(\\w+)(?:,%(\\w+)(?:,([1248]))?)?\\)$`).exec(text);
  if (memory === null) return undefined;
  const [, offset = "0", base = "", index, scale = "1"] = memory;
  const place = inMemory(registerOffset(base, "x64"), integer(offset));
  if (place === undefined || index === undefined) return place;
  const indexRegister = registerOffset(index, "x64");
  return indexRegister === undefined ? undefined : { ...place, index: indexRegister, scale: Number(scale) };
}

function arm64Place(text: string): UsdtArgument["place"] | undefined {
  if (new RegExp(`^${NUMBER}$`).test(text)) return { kind: "constant", value: integer(text) };
  const memory = new RegExp(`^\\[(\\w+)(?:,\\s*(${NUMBER}))?\\]$`).exec(text);
  if (memory !== null) return inMemory(registerOffset(memory[1] ?? "", "arm64"), integer(memory[2] ?? "0"));
  return inRegister(registerOffset(text, "arm64"));
}

function inRegister(register: number | undefined): UsdtArgument["place"] | undefined {
  return register === undefined ? undefined : { kind: "register", register };
}

function inMemory(
  register: number | undefined,
  offset: bigint,
): Extract<UsdtArgument["place"], { kind: "memory" }> | undefined {
  return register === undefined ? undefined : { kind: "memory", register, offset };
}

function integer(text: string): bigint {
  return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
}
