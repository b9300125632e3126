/** Forward declarations that no struct led to: each becomes the struct of its name, if there is but one. */
import type { TypeId } from "../btf.ts";
import { isComposite } from "../members.ts";
import type { TypeClasses } from "./classes.ts";

export function resolveForwards(classes: TypeClasses): void {
  const { size, firstId } = classes.btf;
  /** undefined for a name that several bear: which of them was meant is not known. */
  const named = new Map<string, TypeId | undefined>();
  for (let id = 1; id < size; id++) {
    const type = classes.type(id);
    if (!isComposite(type) || type.name === "" || !classes.isOwn(id)) continue;
    named.set(type.name, named.has(type.name) ? undefined : id);
  }
  for (let id = firstId; id < size; id++) {
    const type = classes.type(id);
    if (type.kind !== "fwd" || !classes.isOwn(id)) continue;
    const whole = named.get(type.name);
    if (whole !== undefined && classes.type(whole).kind === (type.union ? "union" : "struct"))
      classes.replace(id, whole);
  }
}
