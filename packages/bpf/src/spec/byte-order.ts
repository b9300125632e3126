/** Objects that were compiled for machines of another byte order can be read and looked at. */
import type { ObjectSpec } from "./spec.ts";

/** Throws TypeError for a big-endian object; `purpose` says what it cannot be used for: "loaded". */
export function requireLittleEndian(
  { name, byteOrder }: Pick<ObjectSpec, "name" | "byteOrder">,
  purpose: string,
): void {
  if (byteOrder !== "big") return;
  throw new TypeError(
    `object '${name}' is for big-endian machines (-target bpfeb) and cannot be ${purpose} on this one, which is little-endian: compile it with -target bpfel`,
  );
}
