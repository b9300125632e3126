/** Structs and unions: equal ones become one, and forward declarations met on the way become what they declare. */
import type { BtfType, TypeId } from "../btf.ts";
import { isComposite } from "../members.ts";
import type { TypeClasses } from "./classes.ts";
import { compareGraphs } from "./equivalence.ts";

export function mergeComposites(classes: TypeClasses): void {
  const { size } = classes.btf;
  /** Those that are known to stand for themselves, by shell. */
  const canonical = new Map<number, TypeId[]>();
  const settled = new Uint8Array(size);
  for (let id = 1; id < size; id++) {
    if (!isComposite(classes.type(id)) || settled[id] === 1) continue;
    settled[id] = 1;
    const rivals = canonical.get(classes.shell(id)) ?? [];
    const match = classes.isBase(id) ? undefined : rivals.find((rival) => merge(classes, settled, id, rival));
    if (match !== undefined) {
      if (classes.isOwn(id)) classes.replace(id, match);
      continue;
    }
    rivals.push(id);
    canonical.set(classes.shell(id), rivals);
  }
}

/** Compares a struct with a canonical one. If they are equal, so is all that they lead to. */
function merge(classes: TypeClasses, settled: Uint8Array, id: TypeId, rival: TypeId): boolean {
  const equivalence = compareGraphs(classes, id, rival);
  if (equivalence === undefined) return false;
  for (const [canonical, candidate] of equivalence.pairs) {
    const [kept, found] = [classes.find(canonical), classes.find(candidate)];
    if (kept === found) continue;
    const [a, b] = [classes.type(kept), classes.type(found)];
    if (a.kind === "fwd" && isComposite(b)) {
      if (!classes.isBase(kept)) classes.replace(kept, found);
    } else if (b.kind === "fwd" && isComposite(a)) {
      if (!classes.isBase(found)) classes.replace(found, kept);
    } else if (bothComposite(a, b) && settled[kept] === 1 && settled[found] === 0 && !equivalence.changesBase) {
      settled[found] = 1;
      classes.replace(found, kept);
    }
  }
  return !equivalence.changesBase;
}

function bothComposite(a: BtfType, b: BtfType): boolean {
  return isComposite(a) && isComposite(b);
}
