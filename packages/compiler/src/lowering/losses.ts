/** What was lost is counted, per CPU, so that it can be told. */
import { LossCounter } from "@sonde/bpf/spec";
import type { Inst } from "../ir/index.ts";
import { lookUp } from "./entries.ts";
import type { Frame } from "./frame.ts";

export function countLoss(h: Frame, what: keyof typeof LossCounter): void {
  const { builder } = h;
  const counter = lookUp(h, h.object.losses, indexOf(h, LossCounter[what]));
  // Programs may interrupt each other on one CPU, and losses are rare: the add is atomic.
  h.ifNonNull(counter, "mapValue", (found) => builder.atomicAdd(found, 0, 8, h.constant(1)));
}

/** The address of an array's index. */
function indexOf(h: Frame, index: number): Inst {
  if (index === 0) return h.zeroIndex();
  const slot = h.builder.slot(8, "loss");
  h.builder.store(slot, 0, 4, h.constant(index));
  return slot;
}
