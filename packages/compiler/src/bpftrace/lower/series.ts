/** tseries: one value for each of the last intervals of time, in a ring of slots. */
import { SERIES_SLOT_BYTES } from "@sonde/bpf/spec";
import type { Inst } from "../../ir/index.ts";
import type { Aggregate } from "../types.ts";
import type { Change } from "../../lowering/entries.ts";
import { add, extreme, extremeOrder } from "./aggregations.ts";
import { wallTime } from "./clocks.ts";
import type { Handler } from "./handler.ts";
import type { MapPlan } from "./views.ts";

type Series = Extract<Aggregate, { kind: "tseries" }>;

/** Takes `value` into the slot of the present interval, which forgets the one that was there a round ago. */
export function series(h: Handler, plan: MapPlan, kind: Series, value: Inst): Change {
  const { builder } = h;
  const moment = wallTime(h);
  const number = builder.binary("udiv", moment, h.constant(kind.interval));
  const index = builder.binary("umod", number, h.constant(kind.intervals));
  const change = (entry: Inst): void => {
    const slot = builder.binary("add", entry, builder.binary("mul", index, h.constant(SERIES_SLOT_BYTES)));
    h.when(
      { kind: "ne", a: builder.load(slot, 0, 8), b: number },
      () => {
        builder.store(slot, 0, 8, number);
        builder.store(slot, 8, 8, h.constant(0));
        builder.store(slot, 16, 8, h.constant(0));
      },
      undefined,
      false,
    );
    take(h, plan, kind, value, moment)(builder.binary("add", slot, h.constant(8)));
  };
  // The verifier can't see that the index is in range, so it is tested, which never fails.
  return (entry) =>
    h.when({ kind: "ult", a: index, b: h.constant(kind.intervals) }, () => change(entry), undefined, true);
}

/** Changes a slot's value and mark. */
function take(h: Handler, plan: MapPlan, { keep, signed }: Series, value: Inst, moment: Inst): Change {
  const { builder } = h;
  switch (keep) {
    case "min":
    case "max":
      return extreme(h, extremeOrder(keep, signed), value);
    case "sum":
    case "avg":
      return (at) => {
        add(h, plan, at, 0, value);
        add(h, plan, at, 8, h.constant(1));
      };
    case "last":
      return (at) => {
        builder.store(at, 0, 8, value);
        builder.store(at, 8, 8, moment);
      };
  }
}
