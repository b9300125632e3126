/**
 * Loads koffi, the foreign function interface, the first time a system call is made.
 *
 * koffi's own entry point spends most of its time finding out which binary fits (it parses Node's ELF
 * header and wraps deprecated names): 6-9 ms of CPU where opening the binary itself takes 2. So the
 * binary for glibc is tried first; any surprise (musl, another layout, another major version) falls
 * back to the entry point.
 */
import { createRequire } from "node:module";
import type * as Koffi from "koffi";

/** The part of koffi that is used: what it says of these has been stable since version 3.0. */
export type Ffi = Pick<typeof Koffi, "load" | "errno" | "address" | "view">;

export function loadFfi(): Ffi {
  const require = createRequire(import.meta.url);
  return loadBinary(require) ?? (require("koffi") as Ffi);
}

function loadBinary(require: NodeJS.Require): Ffi | undefined {
  try {
    const folder = require
      .resolve(`@koromix/koffi-linux-${process.arch}/package.json`)
      .slice(0, -"package.json".length);
    const module = { exports: {} as Ffi & { readonly version?: string } };
    process.dlopen(module, `${folder}linux_${process.arch}/koffi.node`);
    return module.exports.version?.startsWith("3.") === true ? module.exports : undefined;
  } catch {
    return undefined;
  }
}
