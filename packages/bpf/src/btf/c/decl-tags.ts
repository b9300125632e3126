/** Declaration tags, which in BTF point to what they are of, as attributes of it. */
import type { Btf, TypeId } from "../btf.ts";

export interface DeclTags {
  /** The attributes of a type (-1), or of one of its members or parameters; empty if there are none. */
  of(id: TypeId, component: number): string;
}

export function declTags(btf: Btf): DeclTags {
  const found = new Map<string, string[]>();
  for (const id of btf.ids("declTag")) {
    const type = btf.type(id);
    if (type.kind !== "declTag") continue;
    const key = `${type.type} ${type.component}`;
    const text = type.attribute ? type.name : `btf_decl_tag(${JSON.stringify(type.name)})`;
    found.set(key, [...(found.get(key) ?? []), `__attribute__((${text}))`]);
  }
  return { of: (id, component) => found.get(`${id} ${component}`)?.join(" ") ?? "" };
}
