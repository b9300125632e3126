/** The types of several objects in one list, as the first step of linking them. */
import type { BtfType } from "./btf.ts";
import { encodeTypes } from "./encode-types.ts";
import { BtfError } from "./errors.ts";
import type { BtfReader } from "./reader.ts";
import { renumbered } from "./references.ts";

/**
 * All types of all objects, one object after the other, as a blob; what they have in common stands in
 * it as often as they have it, until {@link deduplicate} removes it. Objects that are split must share
 * a base, and so is the blob. Variables and sections are kept apart too.
 */
export function mergeTypes(objects: readonly BtfReader[]): Uint8Array {
  const base = objects[0]?.base;
  if (objects.some((object) => object.base !== base))
    throw new BtfError("BTF split from different bases cannot be merged");
  const first = base?.size ?? 1;
  const types: BtfType[] = [];
  for (const object of objects) {
    const shift = types.length;
    for (let id = first; id < object.size; id++)
      types.push(renumbered(object.type(id), id + shift, (held) => (held < first ? held : held + shift)));
  }
  return encodeTypes(types, { byteOrder: objects[0]?.byteOrder, base });
}
