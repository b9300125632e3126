/**
 * Aggregations read inside a program. Their per-CPU parts are put together as a reader outside would:
 * sums added, the least or the largest taken, averages divided at the end.
 */
import type { Inst } from "../../ir/index.ts";
import type { MapRef } from "../ast.ts";
import type { Handler } from "./handler.ts";
import { Helper } from "../../lowering/helpers.ts";
import { buildRange } from "../../lowering/loops.ts";
import { aggregationRead, refuse } from "./messages.ts";
import type { MapPlan } from "./views.ts";

/** CPUs that are asked where nobody knows how many there are; beyond the last the kernel answers null. */
const MOST_CPUS = 256;

/** What has been put together so far: as in the map, a value and a count (or whether there is one). */
interface Parts {
  readonly value: (part?: Inst) => Inst;
  readonly count: (part?: Inst) => Inst;
}

/**
 * The value of the entry with this key; 0 where there is none. `entry` is this CPU's part, or the whole
 * where it is not kept per CPU, if the caller has it already.
 */
export function readAggregate(h: Handler, plan: MapPlan, key: Inst, entry: Inst | undefined, ref: MapRef): Inst {
  const parts: Parts = { value: accumulator(h, "value"), count: accumulator(h, "count") };
  const { builder } = h;
  if (plan.perCpu) eachCpu(h, plan, key, parts, ref);
  else if (entry !== undefined) merge(h, plan, parts, entry);
  else
    h.ifNonNull(builder.call(Helper.mapLookup, [builder.map(plan.spec.name), key]), "mapValue", (found) =>
      merge(h, plan, parts, found),
    );
  return finish(h, plan, parts);
}

function accumulator(h: Handler, name: string): (part?: Inst) => Inst {
  const variable = h.builder.variable(name);
  h.builder.write(variable, h.constant(0));
  return (part) => {
    if (part !== undefined) h.builder.write(variable, part);
    return h.builder.read(variable);
  };
}

function eachCpu(h: Handler, plan: MapPlan, key: Inst, parts: Parts, ref: MapRef): void {
  if (h.object.target.features.lookupPercpu !== true) refuse(aggregationRead, ref.span, ref.name);
  const { builder } = h;
  const cpus = h.object.target.facts?.cpus() ?? MOST_CPUS;
  buildRange(h, h.constant(0), h.constant(cpus), false, (cpu, exit) => {
    const found = builder.call(Helper.mapLookupPercpu, [builder.map(plan.spec.name), key, cpu]);
    h.ifNonNull(
      found,
      "mapValue",
      (part) => merge(h, plan, parts, part),
      () => builder.jump(exit),
    );
  });
}

function merge(h: Handler, plan: MapPlan, { value, count }: Parts, part: Inst): void {
  const { builder } = h;
  const { kind } = plan.view.value;
  const given = builder.load(part, 0, 8);
  if (kind === "min" || kind === "max") return mergeExtreme(h, plan, { value, count }, part, given);
  value(builder.binary("add", value(), given));
  if (kind === "avg") count(builder.binary("add", count(), builder.load(part, 8, 8)));
}

function mergeExtreme(h: Handler, plan: MapPlan, { value, count }: Parts, part: Inst, given: Inst): void {
  const { builder } = h;
  const { value: view } = plan.view;
  const signed = "signed" in view && view.signed;
  const better = view.kind === "min" ? (signed ? "slt" : "ult") : signed ? "sgt" : "ugt";
  h.when({ kind: "ne", a: builder.load(part, 8, 8), b: h.constant(0) }, () => {
    const take = (): void => void (value(given), count(h.constant(1)));
    h.when({ kind: "eq", a: count(), b: h.constant(0) }, take, () =>
      h.when({ kind: better, a: given, b: value() }, take),
    );
  });
}

function finish(h: Handler, plan: MapPlan, { value, count }: Parts): Inst {
  const { value: view } = plan.view;
  if (view.kind !== "avg") return value();
  return h.builder.binary(view.signed ? "sdiv" : "udiv", value(), count());
}
