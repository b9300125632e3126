/**
 * Searches whose number of steps is known: the greatest place of a sorted list whose key is not above
 * what is sought, by halving a power of two. Nothing depends on a loop's end, so the verifier needs no
 * proof of one.
 *
 * Nor may it learn anything on the way: it would follow each of the 2^steps paths with what it knows of
 * that one. So places are masked, which makes all that it knows of them the same again, and comparisons
 * are of a difference that is not used any more.
 */
import type { Inst } from "../../../ir/index.ts";
import type { Handler } from "../handler.ts";

export interface SortedList {
  /** 2^steps places are enough for it. */
  readonly steps: number;
  /** Its first place, and the first one behind it. */
  readonly first: Inst;
  readonly end: Inst;
  /** Of all places that there are, a power of two less one. */
  readonly mask: number;
  /** The key at a place less what is sought. */
  readonly difference: (place: Inst) => Inst;
}

/** A place of the list, which has one at least; the first if all keys are above. */
export function searchSorted(h: Handler, list: SortedList): Inst {
  const { builder } = h;
  const { steps, first, end, mask, difference } = list;
  const place = builder.variable("place");
  const masked = (inst: Inst): Inst => builder.binary("and", inst, h.constant(mask));
  builder.write(place, masked(first));
  for (let step = steps - 1; step >= 0; step--) {
    const next = builder.binary("add", builder.read(place), h.constant(2 ** step));
    builder.when({ kind: "slt", a: builder.binary("sub", next, end), b: h.constant(0) }, () => {
      const candidate = masked(next);
      builder.when({ kind: "sle", a: difference(candidate), b: h.constant(0) }, () => builder.write(place, candidate));
    });
  }
  return builder.read(place);
}
