/** BTF for tests: what a builder holds, read back. */
import type { BtfType } from "./btf.ts";
import type { BtfBuilder } from "./builder.ts";
import { BtfReader } from "./reader.ts";

export function read(builder: BtfBuilder): BtfReader {
  return new BtfReader(builder.encode());
}

/** All types but void, in the order of their ids. */
export function allTypes(btf: BtfReader): BtfType[] {
  return Array.from({ length: btf.size - 1 }, (_, index) => btf.type(index + 1));
}
