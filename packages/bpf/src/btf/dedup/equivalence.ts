/**
 * Whether two structs are the same all the way down. Types form a graph with circles in it, so two
 * are compared under an assumption: a pair met again is taken for equal, and if nothing speaks
 * against it anywhere, every pair that was assumed is. A struct is also the same as its forward
 * declaration, which is how an object that saw only `struct task_struct;` learns of the rest.
 */
import type { BtfType, TypeId } from "../btf.ts";
import { referencesOf } from "../references.ts";
import type { TypeClasses } from "./classes.ts";

export interface Equivalence {
  /** By type of the canonical graph, the type of the other that was found equal. */
  readonly pairs: ReadonlyMap<TypeId, TypeId>;
  /** Whether equality would need a forward declaration of the base to become a struct, which it cannot. */
  readonly changesBase: boolean;
}

/** Deeper than a compiler repeats the same type within one object. */
const MAX_DEPTH = 16;

/** The pairs under which `candidate` equals `canonical`, or undefined if it does not. */
export function compareGraphs(classes: TypeClasses, candidate: TypeId, canonical: TypeId): Equivalence | undefined {
  const pairs = new Map<TypeId, TypeId>();
  const pending: [TypeId, TypeId][] = [[candidate, canonical]];
  let changesBase = false;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [left, named] = next;
    if (classes.find(left) === classes.find(named)) continue;
    const right = classes.type(named).kind === "fwd" ? classes.find(named) : named;
    const assumed = pairs.get(right);
    if (assumed !== undefined) {
      if (assumed === left || identical(classes, assumed, left)) continue;
      return undefined;
    }
    pairs.set(right, left);
    const [a, b] = [classes.type(left), classes.type(right)];
    if (declares(a, b) || declares(b, a)) {
      changesBase ||= b.kind === "fwd" && classes.isBase(right);
      continue;
    }
    if (classes.shell(left) !== classes.shell(right)) return undefined;
    const others = referencesOf(b);
    for (const [index, reference] of referencesOf(a).entries()) pending.push([reference, others[index]!]);
  }
  return { pairs, changesBase };
}

/** Whether `a` is a forward declaration of `b`. */
function declares(a: BtfType, b: BtfType): boolean {
  return a.kind === "fwd" && b.kind === (a.union ? "union" : "struct") && a.name === b.name;
}

/** Compilers write some types twice in one object: arrays, and structs that hold them. */
function identical(classes: TypeClasses, a: TypeId, b: TypeId, depth = 0): boolean {
  if (classes.find(a) === classes.find(b)) return true;
  if (depth === MAX_DEPTH || classes.shell(a) !== classes.shell(b)) return false;
  const others = referencesOf(classes.type(b));
  return referencesOf(classes.type(a)).every((id, index) => identical(classes, id, others[index]!, depth + 1));
}
