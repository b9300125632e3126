/**
 * Makes of equal types one. Each object that a linker brings together carries its own copy of the
 * types that it uses, and of some only a forward declaration; what is left is each type once, with
 * all that any of the objects knows of it.
 */
import type { BtfType, TypeId } from "../btf.ts";
import { encodeTypes } from "../encode-types.ts";
import { BtfError } from "../errors.ts";
import type { BtfReader } from "../reader.ts";
import { renumbered } from "../references.ts";
import { TypeClasses } from "./classes.ts";
import { mergeComposites } from "./composites.ts";
import { resolveForwards } from "./forwards.ts";
import { mergeScalars } from "./scalars.ts";
import { mergeWrappers } from "./wrappers.ts";

export interface Deduplicated {
  /** The blob, of the same byte order; split from the same base if the types were. */
  readonly btf: Uint8Array;
  /** By former id the new one: what refers to types from outside (maps, line info, relocations) is changed by it. */
  readonly ids: Uint32Array;
}

/**
 * The types keep their order, and what is left of equal ones is as a rule the first. Variables and
 * sections stay as many as they were: two of one name are two pieces of memory. Types of the base
 * take the place of equal ones behind it. Doing it again changes nothing.
 */
export function deduplicate(btf: BtfReader): Deduplicated {
  const classes = new TypeClasses(btf);
  mergeScalars(classes);
  mergeComposites(classes);
  resolveForwards(classes);
  mergeWrappers(classes);
  const ids = newIds(classes);
  const types: BtfType[] = [];
  for (let id = btf.firstId; id < btf.size; id++)
    if (classes.isOwn(id)) types.push(renumbered(btf.type(id), ids[id]!, (held) => newId(ids, held)));
  return { btf: encodeTypes(types, { base: btf.base, byteOrder: btf.byteOrder }), ids };
}

function newId(ids: Uint32Array, held: TypeId): TypeId {
  const id = ids[held];
  if (id === undefined) throw new BtfError(`BTF has no type ${held}: there are ${ids.length}`);
  return id;
}

function newIds(classes: TypeClasses): Uint32Array {
  const { size } = classes.btf;
  const ids = new Uint32Array(size);
  let next: TypeId = 0;
  for (let id = 0; id < size; id++) if (classes.isOwn(id)) ids[id] = next++;
  for (let id = 0; id < size; id++) ids[id] = ids[classes.find(id)]!;
  return ids;
}
