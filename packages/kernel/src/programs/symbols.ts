/** Kernel functions and variables that an object names (`__ksym`), found in the running kernel. */
import { readFileSync } from "node:fs";
import type { Btf } from "@sonde/bpf/btf";
import { resolve } from "@sonde/bpf/btf";
import { essentialName, typesCompatible } from "@sonde/bpf/core";
import type { ExternSpec } from "@sonde/bpf/spec";
import { Errno } from "../sys/errno.ts";
import { KernelError } from "../sys/errors.ts";
import type { FoundType, KernelTypes } from "./kernel-types.ts";

type SymbolSpec = Extract<ExternSpec, { kind: "kfunc" | "ksym" }>;

export type ResolvedSymbol =
  /** By the kernel's types; `moduleIndex` is its BTF's place in the array of {@link ResolvedSymbols.modules}, 0 the kernel's own. */
  | { readonly kind: "typed"; readonly id: number; readonly moduleIndex: number; readonly moduleFd: number }
  | { readonly kind: "address"; readonly address: bigint }
  /** Weak, and this kernel has none. */
  | { readonly kind: "missing"; readonly reason: string };

export interface ResolvedSymbols {
  readonly byName: ReadonlyMap<string, ResolvedSymbol>;
  /** Descriptors of modules' BTF in the order of their indices, from 1: fd_array of BPF_PROG_LOAD. */
  readonly modules: readonly number[];
}

export const NO_SYMBOLS: ResolvedSymbols = { byName: new Map(), modules: [] };

/**
 * Errors: KernelError (ENOENT) for a symbol that is not weak and that this kernel lacks or has in
 * another form, or several times.
 */
export function resolveSymbols(externs: readonly ExternSpec[], local: () => Btf, types: KernelTypes): ResolvedSymbols {
  const wanted = externs.filter((extern): extern is SymbolSpec => extern.kind !== "kconfig");
  if (wanted.length === 0) return NO_SYMBOLS;
  const untyped = wanted.filter((extern) => isUntyped(extern, local()));
  const addresses = untyped.length === 0 ? undefined : symbolAddresses(untyped.map(({ name }) => essentialName(name)));
  const modules: number[] = [];
  const byName = new Map<string, ResolvedSymbol>();
  for (const extern of wanted) {
    const resolved = untyped.includes(extern)
      ? fromAddresses(extern, addresses?.get(essentialName(extern.name)) ?? [])
      : fromTypes(extern, local(), types, modules);
    if (resolved.kind === "missing" && !extern.weak) throw unresolved(extern, resolved.reason);
    byName.set(extern.name, resolved);
  }
  return { byName, modules };
}

/** `extern const void symbol __ksym`: only its address is wanted. */
function isUntyped({ kind, typeId }: SymbolSpec, local: Btf): boolean {
  return kind === "ksym" && resolve(local, typeId).kind === "void";
}

function fromTypes(extern: SymbolSpec, local: Btf, types: KernelTypes, modules: number[]): ResolvedSymbol {
  const kind = extern.kind === "kfunc" ? "func" : "var";
  const found = types.find(essentialName(extern.name), kind, describe(extern));
  if (found === undefined)
    return {
      kind: "missing",
      reason: `${describe(extern)} is in the types of neither this kernel nor its loaded modules`,
    };
  const theirs = found.btf.type(found.id);
  if (!("type" in theirs) || !typesCompatible(local, extern.typeId, found.btf, theirs.type)) {
    return {
      kind: "missing",
      reason: `${describe(extern)} has another ${kind === "func" ? "prototype" : "type"} in this kernel`,
    };
  }
  return { kind: "typed", id: found.id, ...moduleOf(found, modules) };
}

function moduleOf({ module }: FoundType, modules: number[]): { moduleIndex: number; moduleFd: number } {
  if (module === undefined) return { moduleIndex: 0, moduleFd: 0 };
  let index = modules.indexOf(module.fd);
  if (index === -1) index = modules.push(module.fd) - 1;
  return { moduleIndex: index + 1, moduleFd: module.fd };
}

function fromAddresses(extern: SymbolSpec, addresses: readonly bigint[]): ResolvedSymbol {
  const [address, ...others] = new Set(addresses);
  if (address === undefined) return { kind: "missing", reason: `${describe(extern)} is not in /proc/kallsyms` };
  if (others.length > 0)
    throw unresolved(extern, `${describe(extern)} is ${addresses.length} symbols in /proc/kallsyms`);
  return { kind: "address", address };
}

/** Addresses by name, of those names only; each as often as the kernel has the symbol. */
function symbolAddresses(names: readonly string[]): Map<string, bigint[]> {
  const text = readFileSync("/proc/kallsyms", "latin1");
  const found = new Map<string, bigint[]>(names.map((name) => [name, []]));
  for (const [name, addresses] of found) {
    for (let at = text.indexOf(` ${name}`); at !== -1; at = text.indexOf(` ${name}`, at + 1)) {
      const end = text[at + 1 + name.length];
      // "ffffffff813a5b20 t vfs_read": the address begins the line, 18 characters before the name's space.
      if (end === "\n" || end === "\t") addresses.push(BigInt(`0x${text.slice(at - 18, at - 2)}`));
    }
  }
  return found;
}

function describe({ kind, name }: SymbolSpec): string {
  return `kernel ${kind === "kfunc" ? "function" : "symbol"} '${name}'`;
}

function unresolved(extern: SymbolSpec, reason: string): KernelError {
  return new KernelError(
    { call: "BPF_PROG_LOAD", subject: describe(extern), errno: Errno.ENOENT },
    `${reason}, and the object cannot do without it (declare it __weak to load without)`,
  );
}
