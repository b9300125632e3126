/**
 * Rust's first mangling, which looks like C++'s: a nested name whose last part is a hash.
 *
 *     _ZN4core3ptr34drop_in_place$LT$alloc..string..String$GT$17h0123456789abcdefE
 *     core::ptr::drop_in_place<alloc::string::String>
 */
import { Reader } from "../reader.ts";

const LEGACY = /^_ZN.+17h[0-9a-f]{16}E(\.|$)/;

/** What Rust's paths hold that symbols may not. */
const ESCAPES: Readonly<Record<string, string>> = {
  SP: "@",
  BP: "*",
  RF: "&",
  LT: "<",
  GT: ">",
  LP: "(",
  RP: ")",
  C: ",",
};

/** Whether a name that C++ could have as well is one of Rust. */
export function isLegacyRust(mangled: string): boolean {
  return LEGACY.test(mangled);
}

/** The path without its hash. Throws NotMangled. */
export function demangleLegacy(mangled: string): string {
  const reader = new Reader(mangled, "_ZN".length);
  const parts: string[] = [];
  while (!reader.accept("E")) parts.push(reader.take(reader.number()));
  parts.pop();
  return parts.map(unescape).join("::");
}

function unescape(part: string): string {
  return part
    .replace(/^_\$/, "$")
    .replace(/\.\./g, "::")
    .replace(/\$(?:u([0-9a-f]{1,6})|([A-Z]{1,2}))\$/g, (whole, code?: string, name?: string) => {
      if (name !== undefined) return ESCAPES[name] ?? whole;
      const point = Number.parseInt(code ?? "", 16);
      return point >= 0x20 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    });
}
