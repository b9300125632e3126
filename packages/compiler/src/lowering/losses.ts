/** What was lost is counted, per CPU, so that it can be told. */
import { LossCounter } from "@sonde/bpf/spec";
import type { Frame } from "./frame.ts";
import { Helper } from "./helpers.ts";

export function countLoss(h: Frame, what: keyof typeof LossCounter): void {
  const { builder } = h;
  const index = builder.slot(8, "loss");
  builder.store(index, 0, 4, h.constant(LossCounter[what]));
  const counter = builder.call(Helper.mapLookup, [builder.map(h.object.losses), index]);
  // Programs may interrupt each other on one CPU, and losses are rare: the add is atomic.
  h.ifNonNull(counter, "mapValue", (found) => builder.atomicAdd(found, 0, 8, h.constant(1)));
}
