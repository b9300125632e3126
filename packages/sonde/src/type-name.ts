/** Types by the names that C has for them. */
import type { Btf, BtfKind, TypeId } from "@sonde/bpf/btf";

const TAGGED: Readonly<Record<string, readonly BtfKind[]>> = {
  struct: ["struct"],
  union: ["union"],
  enum: ["enum", "enum64"],
};
const PLAIN: readonly BtfKind[] = ["typedef", "int", "float", "struct", "union", "enum", "enum64"];

/** "struct event", "enum kind", "__u32", or a struct's name alone. Undefined if there is none. */
export function findType(btf: Btf, text: string): TypeId | undefined {
  const words = text.trim().split(/\s+/);
  const tagged = TAGGED[words[0]!];
  const [kinds, name] =
    tagged === undefined || words.length < 2 ? [PLAIN, words.join(" ")] : [tagged, words.slice(1).join(" ")];
  for (const kind of kinds) {
    const [id] = btf.find(name, kind);
    if (id !== undefined) return id;
  }
  return undefined;
}
