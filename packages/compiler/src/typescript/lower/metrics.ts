/** Metrics: series found by their labels and changed in place. */
import type { ValueView } from "@sonde/bpf/spec";
import { refuse } from "../../diagnostics/index.ts";
import type { Inst } from "../../ir/index.ts";
import { boundedBucket, linearBucket, logarithmicBucket } from "../../lowering/buckets.ts";
import type { Change } from "../../lowering/entries.ts";
import { spotAddress } from "../../lowering/memory.ts";
import type { MetricDeclaration, NamedDecoder } from "../authoring/declarations.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node } from "../syntax/ast.ts";
import { expectArguments, type CallNode } from "./calls.ts";
import { expression } from "./expressions.ts";
import { automatic } from "./intrinsics.ts";
import { changeInPlace } from "./maps.ts";
import type { MetricPlan } from "./object.ts";
import type { Program } from "./program.ts";
import { describeValue, scalarOf } from "./scalar.ts";
import { store } from "./store.ts";
import { UNDEFINED, type Value } from "./value.ts";

/** What each type of metric can do, and whether a value comes first. */
const METHODS: Readonly<Record<MetricDeclaration["type"], Readonly<Record<string, "value" | "one" | undefined>>>> = {
  counter: { increment: "one", add: "value" },
  gauge: { set: "value", add: "value", increment: "one" },
  histogram: { observe: "value" },
};

export function metricCall(p: Program, metric: MetricDeclaration, call: CallNode): Value {
  const takes = METHODS[metric.type][call.name];
  if (takes === undefined)
    return refuse(
      messages.unsupported,
      spanOf(call.node),
      `${call.name}() of a ${metric.type}`,
      `a ${metric.type} has ${Object.keys(METHODS[metric.type]).join(", ")}`,
    );
  const rest = takes === "value" ? 1 : 0;
  expectArguments(call, rest, rest + 1);
  const value = takes === "value" ? scalarOf(p, expression(p, call.args[0]!), call.args[0]!).inst : p.constant(1);
  const plan = p.object.metric(metric);
  const key = keyOf(p, metric, plan, call.args[rest], call.node);
  const change = changeOf(p, metric, plan, call.name, value);
  // What is set has no sum: the last of many series' values would tell of none of them.
  const other = call.name === "set" ? undefined : p.object.otherOf(plan);
  changeInPlace(p, plan.spec, key, change, other);
  return UNDEFINED;
}

/** The labels' values in memory. */
function keyOf(p: Program, metric: MetricDeclaration, plan: MetricPlan, labels: Node | undefined, node: Node): Inst {
  const fields = namedValues(p, `the metric ${metric.name}`, "label", metric.labels, labels, node);
  if (metric.labels.length === 0) return p.zeroIndex();
  const spot = p.temporary(plan.key.size, "labels", node);
  store(p, { kind: "object", fields }, plan.key, spot, true, labels ?? node);
  return spotAddress(p, spot);
}

/** The values of labels or fields: given by an object, or the ones that the kernel knows by itself. */
export function namedValues(
  p: Program,
  what: string,
  part: string,
  decoders: readonly NamedDecoder[],
  given: Node | undefined,
  node: Node,
): ReadonlyMap<string, Value> {
  const value = given === undefined ? undefined : expression(p, given);
  if (value !== undefined && value.kind !== "object")
    refuse(messages.mismatch, spanOf(given!), describeValue(value), `the ${part}s of ${what}`);
  const known = value?.kind === "object" ? value.fields : new Map<string, Value>();
  for (const name of known.keys())
    if (!decoders.some((each) => each.name === name))
      refuse(
        messages.extraLabel,
        spanOf(given!),
        what,
        `${part} ${name}`,
        decoders.map((each) => each.name).join(", "),
      );
  return new Map(
    decoders.map(({ name, decoder }) => {
      const own =
        known.get(name) ?? (decoder.automatic === undefined ? undefined : automatic(p, decoder.automatic, node));
      return [name, own ?? refuse(messages.noLabel, spanOf(given ?? node), what, name)];
    }),
  );
}

function bucketOf(p: Program, value: Inst, view: Extract<ValueView, { kind: "hist" | "lhist" }>): Inst {
  if (view.kind === "hist") return logarithmicBucket(p, value, view.bits);
  return view.bounds === undefined ? linearBucket(p, value, view) : boundedBucket(p, value, view.bounds);
}

function changeOf(p: Program, metric: MetricDeclaration, plan: MetricPlan, method: string, value: Inst): Change {
  const { builder } = p;
  const { value: view } = plan.view;
  const add = (entry: Inst, offset: number, amount: Inst): void => {
    if (metric.type === "gauge" || p.object.uses.interrupted(metric)) builder.atomicAdd(entry, offset, 8, amount);
    else builder.store(entry, offset, 8, builder.binary("add", builder.load(entry, offset, 8), amount));
  };
  if (method === "set") return (entry) => builder.store(entry, 0, 8, value);
  if (view.kind !== "hist" && view.kind !== "lhist") return (entry) => add(entry, 0, value);
  return (entry) => {
    if (view.totalOffset !== undefined) add(entry, view.totalOffset, value);
    const bucket = bucketOf(p, value, view);
    const raise = (): void =>
      add(builder.binary("add", entry, builder.binary("shl", bucket, p.constant(3))), 0, p.constant(1));
    // The verifier can't see that the bucket is in range, so it is tested, which never fails.
    p.when({ kind: "ult", a: bucket, b: p.constant(view.buckets) }, raise, undefined, true);
  };
}
