/** path(): the kernel's own text of a struct path. */
import { Helper } from "../../lowering/helpers.ts";
import type { Call } from "../ast.ts";
import { scalar } from "./expressions.ts";
import type { Handler, Spot } from "./handler.ts";
import { alignUp } from "./layout.ts";
import { address, spotAddress } from "./memory.ts";
import { notLowered, refuse } from "./messages.ts";
import { place } from "./places.ts";

/** Writes the path; empty where the kernel refuses. */
export function storePath(h: Handler, e: Call, size: number, spot: Spot, exact: boolean): void {
  const { builder } = h;
  const [of] = e.args;
  if (of === undefined) return refuse(notLowered, e.span, "path() of nothing is");
  const from = h.typeOf(of).kind === "pointer" ? scalar(h, of) : address(h, place(h, of));
  if (exact) builder.zero(spot.base, spot.offset, alignUp(size));
  else builder.store(spot.base, spot.offset, 1, h.constant(0));
  builder.call(Helper.dPath, [from, spotAddress(h, spot), h.constant(size)]);
}
