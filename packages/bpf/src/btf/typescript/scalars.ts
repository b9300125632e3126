/** The kernel's scalars by the names that the prelude gives them. */
import type { BtfType } from "../btf.ts";

/** Undefined for what is no scalar. */
export function scalarName(type: BtfType): string | undefined {
  switch (type.kind) {
    case "int":
      if (type.encoding === "bool" && type.size === 1) return "bool";
      // Of the kernel's chars the sign depends on how it was compiled; as text they have none.
      if (type.size === 1 && (type.encoding === "char" || type.name === "char")) return "char";
      return `${type.encoding === "signed" ? "s" : "u"}${type.size * 8}`;
    case "float":
      return type.size === 4 || type.size === 8 ? `f${type.size * 8}` : `Float<${type.size}>`;
    default:
      return undefined;
  }
}
