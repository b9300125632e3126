/**
 * Searches whose number of steps is known: the greatest place of a sorted list whose key is not above
 * what is sought, by halving a power of two. Nothing depends on a loop's end, so the verifier needs no
 * proof of one.
 */
import type { Inst } from "../../../ir/index.ts";
import type { Handler } from "../handler.ts";

/**
 * A place below `count` (and below 2^steps), where `isBelow` says of a place whether its key is at most
 * what is sought; 0 if that is true of none.
 */
export function searchSorted(
  h: Handler,
  steps: number,
  count: Inst,
  isBelow: (place: Inst) => { readonly key: Inst; readonly sought: Inst },
): Inst {
  const { builder } = h;
  const place = builder.variable("place");
  builder.write(place, h.constant(0));
  for (let step = steps - 1; step >= 0; step--) {
    const candidate = builder.binary("add", builder.read(place), h.constant(2 ** step));
    builder.when({ kind: "ult", a: candidate, b: count }, () => {
      const { key, sought } = isBelow(candidate);
      builder.when({ kind: "ule", a: key, b: sought }, () => builder.write(place, candidate));
    });
  }
  return builder.read(place);
}
