/** count, sum, min, max, avg, stats, hist, lhist, tseries: values changed in place, one for each CPU. */
import type { CompareOp, Inst } from "../../ir/index.ts";
import type { AssignMap, Call } from "../ast.ts";
import type { Aggregate } from "../types.ts";
import { scalar } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import { linearBucket, logarithmicBucket } from "../../lowering/buckets.ts";
import { lookUp, type Change } from "../../lowering/entries.ts";
import { changeOrInsert, keyOf, planOf } from "./maps.ts";
import { numberOf } from "./operators.ts";
import { series } from "./series.ts";
import type { MapPlan } from "./views.ts";

/** `@x[key] = count()` and its like. */
export function aggregate(h: Handler, statement: AssignMap, call: Call, kind: Aggregate): void {
  const { target } = statement;
  const plan = planOf(h, target);
  const [argument] = call.args;
  const value = argument === undefined ? h.constant(1) : numberOf(h, scalar(h, argument));
  const change = changeOf(h, kind, plan, value);
  if (target.keys.length === 0) h.ifNonNull(lookUp(h, plan.spec.name, h.zeroIndex()), "mapValue", change);
  else changeOrInsert(h, plan, keyOf(h, target, plan), change);
}

function changeOf(h: Handler, kind: Aggregate, plan: MapPlan, value: Inst): Change {
  const { builder } = h;
  const one = h.constant(1);
  switch (kind.kind) {
    case "count":
      return (entry) => add(h, plan, entry, 0, one);
    case "sum":
      return (entry) => {
        add(h, plan, entry, 0, value);
        builder.store(entry, 8, 8, one);
      };
    case "avg":
    case "stats":
      return (entry) => {
        add(h, plan, entry, 0, value);
        add(h, plan, entry, 8, one);
      };
    case "min":
    case "max":
      return extreme(h, extremeOrder(kind.kind, kind.signed), value);
    case "hist":
      return bucketed(h, plan, value, () => logarithmicBucket(h, value, kind.bits));
    case "lhist":
      return bucketed(h, plan, value, () => linearBucket(h, value, kind));
    case "tseries":
      return series(h, plan, kind, value);
  }
}

export function add(h: Handler, plan: MapPlan, base: Inst, offset: number, amount: Inst): void {
  const { builder } = h;
  if (plan.atomic) builder.atomicAdd(base, offset, 8, amount);
  else builder.store(base, offset, 8, builder.binary("add", builder.load(base, offset, 8), amount));
}

export function extremeOrder(kind: "min" | "max", signed: boolean): CompareOp {
  if (kind === "min") return signed ? "slt" : "ult";
  return signed ? "sgt" : "ugt";
}

/** Kept if it is the first, or below (above) what was kept. */
export function extreme(h: Handler, better: CompareOp, value: Inst): Change {
  const { builder } = h;
  return (entry) => {
    const keep = builder.block("keep");
    const compare = builder.block("compare");
    const join = builder.block("join");
    const before = builder.current;
    builder.branch({ kind: "eq", a: builder.load(entry, 8, 8), b: h.constant(0) }, keep, compare, false);
    h.enter(compare, before);
    builder.branch({ kind: better, a: value, b: builder.load(entry, 0, 8) }, keep, join);
    h.enter(keep, before);
    builder.store(entry, 0, 8, value);
    builder.store(entry, 8, 8, h.constant(1));
    builder.jump(join);
    h.enter(join, before);
  };
}

/** Adds 1 to the bucket of `value`. The verifier can't see that it is in range, so it is tested, which never fails. */
function bucketed(h: Handler, plan: MapPlan, value: Inst, bucketOf: () => Inst): Change {
  const { builder } = h;
  const { value: view } = plan.view;
  if (view.kind !== "hist" && view.kind !== "lhist") throw new Error(`${plan.spec.name} is no histogram`);
  const { buckets, totalOffset } = view;
  return (entry) => {
    if (totalOffset !== undefined) add(h, plan, entry, totalOffset, value);
    const index = bucketOf();
    const raise = (): void =>
      add(h, plan, builder.binary("add", entry, builder.binary("shl", index, h.constant(3))), 0, h.constant(1));
    h.when({ kind: "ult", a: index, b: h.constant(buckets) }, raise, undefined, true);
  };
}
