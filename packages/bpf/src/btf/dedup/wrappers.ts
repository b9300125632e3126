/**
 * Types made from others: pointers, qualifiers, typedefs, arrays, prototypes, functions, tags. Since
 * structs are settled by now, two of these are equal if they refer to the same types.
 */
import type { BtfType, TypeId } from "../btf.ts";
import { BtfError } from "../errors.ts";
import { referencesOf } from "../references.ts";
import type { TypeClasses } from "./classes.ts";

/** Circles always lead through a struct; a chain as long as this is one that does not. */
const MAX_DEPTH = 1024;

export function mergeWrappers(classes: TypeClasses): void {
  const known = new Map<string, TypeId>();
  const done = new Uint8Array(classes.btf.size);
  /** The type that stands for `id`, once all that it refers to are settled. */
  const settle = (id: TypeId, depth: number): TypeId => {
    if (done[id] === 1 || !isWrapper(classes.type(id))) return classes.find(id);
    if (depth === MAX_DEPTH) throw new BtfError(`BTF type ${id} refers to itself without a struct between`);
    const key = [classes.shell(id), ...referencesOf(classes.type(id)).map((held) => settle(held, depth + 1))].join();
    done[id] = 1;
    const first = known.get(key);
    if (first === undefined) known.set(key, id);
    else if (!classes.isBase(id)) classes.replace(id, first);
    return classes.find(id);
  };
  for (let id = 1; id < classes.btf.size; id++) settle(id, 0);
}

function isWrapper({ kind }: BtfType): boolean {
  switch (kind) {
    case "ptr":
    case "const":
    case "volatile":
    case "restrict":
    case "typedef":
    case "typeTag":
    case "declTag":
    case "array":
    case "funcProto":
    case "func":
      return true;
    default:
      return false;
  }
}
