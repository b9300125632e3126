/** Names of functions as their authors wrote them: demangling of C++ and Rust. */
import { demangleItanium } from "./itanium/index.ts";
import { NotMangled } from "./reader.ts";
import { demangleLegacy, isLegacyRust } from "./rust/legacy.ts";
import { demangleV0 } from "./rust/v0.ts";

/** The name as the source has it; undefined for one that is not mangled, or damaged. */
export function demangle(name: string): string | undefined {
  try {
    if (name.startsWith("_R")) return demangleV0(name);
    if (!name.startsWith("_Z")) return undefined;
    return isLegacyRust(name) ? demangleLegacy(name) : demangleItanium(name);
  } catch (error) {
    if (error instanceof NotMangled) return undefined;
    throw error;
  }
}
