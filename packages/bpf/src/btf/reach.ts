/** All that types lead to. */
import type { Btf, TypeId } from "./btf.ts";
import { referencesOf } from "./references.ts";

/**
 * The roots and every type that one gets to from them, through pointers too; each once, by id. A forward
 * declaration leads to the struct that it declares.
 */
export function reachable(btf: Btf, roots: Iterable<TypeId>): TypeId[] {
  const found = new Set<TypeId>();
  const pending = [...roots];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (id === 0 || found.has(id)) continue;
    found.add(id);
    const type = btf.type(id);
    for (const held of referencesOf(type)) pending.push(held);
    if (type.kind === "fwd") pending.push(...btf.find(type.name, type.union ? "union" : "struct"));
  }
  return [...found].sort((a, b) => a - b);
}
