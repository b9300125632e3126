/**
 * Loads koffi, the foreign function interface, the first time a system call is made.
 *
 * koffi's own entry point spends most of its time finding out which binary fits (it parses Node's ELF
 * header and wraps deprecated names): 6-9 ms of CPU where opening the binary itself takes 1. So the
 * binary for glibc is tried first; any surprise (musl, another layout, another major version) falls
 * back to the entry point.
 */
import { createRequire } from "node:module";
import type * as Koffi from "koffi";

/** The part of koffi that is used: what it says of these has been stable since version 3.0. */
export type Ffi = Pick<typeof Koffi, "load" | "errno" | "address" | "view">;

/** Set by the bundler: where the binary is. Looking for a package's file takes Node.js another millisecond. */
declare const KOFFI_BINARY: string | undefined;

export function loadFfi(): Ffi {
  const bundled = typeof KOFFI_BINARY === "string" ? KOFFI_BINARY : undefined;
  const beside = bundled === undefined ? undefined : openBinary(() => bundled);
  return beside ?? openBinary(packagedBinary) ?? (createRequire(import.meta.url)("koffi") as Ffi);
}

function packagedBinary(): string {
  const require = createRequire(import.meta.url);
  const description = require.resolve(`@koromix/koffi-linux-${process.arch}/package.json`);
  return `${description.slice(0, -"package.json".length)}linux_${process.arch}/koffi.node`;
}

function openBinary(find: () => string): Ffi | undefined {
  try {
    const module = { exports: {} as Ffi & { readonly version?: string } };
    process.dlopen(module, find());
    return module.exports.version?.startsWith("3.") === true ? module.exports : undefined;
  } catch {
    return undefined;
  }
}
