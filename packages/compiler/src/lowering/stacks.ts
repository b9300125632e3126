/** Stacks of return addresses, which the kernel keeps in a map under a number. */
import type { Inst } from "../ir/index.ts";
import type { Frame, Spot } from "./frame.ts";
import { EEXIST, Helper, USER_STACK } from "./helpers.ts";
import { countLoss } from "./losses.ts";

/** Gives the process whose stack it is; none for the kernel's stacks. */
type Owner = (() => Inst) | undefined;

/** Writes the present stack's number: i64 id, u32 pid (0 for the kernel's stacks), u32 zero. */
export function storeStackId(h: Frame, map: string, owner: Owner, spot: Spot): void {
  const { builder } = h;
  const flags = h.constant(owner === undefined ? 0 : USER_STACK);
  const id = builder.call(Helper.stackId, [h.context(), builder.map(map), flags]);
  // Before a loss is counted, so that the number need not outlive that.
  builder.store(spot.base, spot.offset, 8, id);
  h.when({ kind: "eq", a: id, b: h.constant(EEXIST) }, () => countLoss(h, "StackLost"), undefined, false);
  storeOwner(h, owner, spot);
}

/** Writes what follows a stack's id. */
export function storeOwner(h: Frame, owner: Owner, spot: Spot): void {
  h.builder.store(spot.base, spot.offset + 8, 8, owner?.() ?? h.constant(0));
}
