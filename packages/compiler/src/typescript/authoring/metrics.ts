/** `counter`, `gauge`, `histogram` and `stream`. */
import { UNITS, type MetricType } from "@sonde/bpf/spec";
import { refuse } from "../../diagnostics/index.ts";
import * as messages from "../messages/declarations.ts";
import type { Registry } from "../prepare/registry.ts";
import { spanOf } from "../syntax/ast.ts";
import { Call } from "./arguments.ts";
import {
  decoderOf,
  MetricDeclaration,
  StreamDeclaration,
  type Buckets,
  type Declarations,
  type Exemplars,
  type NamedDecoder,
} from "./declarations.ts";

/** Series of one metric where its author says nothing. */
const SERIES = 4096;
const MOST_SERIES = 1_000_000;

export function metricFunction(registry: Registry, declarations: Declarations, type: MetricType) {
  return (name: unknown, options?: unknown): MetricDeclaration => {
    const call = new Call(type, registry);
    const known = ["help", "unit", "labels", "maxSeries", ...(type === "histogram" ? ["buckets", "exemplars"] : [])];
    const { help, unit, labels, maxSeries, buckets, exemplars } = call.options(options, known);
    const metric = new MetricDeclaration(
      {
        name: call.metricName(name),
        type,
        help: help === undefined ? "" : call.text(help, "help"),
        unit: unit === undefined ? undefined : unitOf(call, unit),
        labels: namedDecoders(call, labels, "label"),
        ...(type === "histogram" ? { buckets: bucketsOf(call, buckets) } : {}),
        ...(exemplars === undefined ? {} : { exemplars: exemplarsOf(call, exemplars) }),
        maxSeries: maxSeries === undefined ? SERIES : call.integer(maxSeries, "maxSeries", 1, MOST_SERIES),
      },
      call.site,
    );
    if (declarations.metrics.some((other) => other.name === metric.name))
      refuse(messages.twice, spanOf(call.site.node), "metric", metric.name);
    declarations.uniqueName(metric.name);
    declarations.metrics.push(metric);
    return metric;
  };
}

function unitOf(call: Call, unit: unknown): string {
  const text = call.text(unit, "the unit");
  if (!Object.hasOwn(UNITS, text))
    call.fail(`"${text}" is not a unit that can be converted`, `units are ${Object.keys(UNITS).join(", ")}`);
  return text;
}

function bucketsOf(call: Call, buckets: unknown): Buckets {
  const { kind } = (buckets ?? { kind: undefined }) as { kind?: unknown };
  if (kind !== "exp2" && kind !== "linear" && kind !== "fixed")
    return call.fail("it has no buckets", "buckets: exp2(10, 34), linear(0, 100, 10) or fixed(1, 5, 10)");
  return buckets as Buckets;
}

function exemplarsOf(call: Call, exemplars: unknown): Exemplars {
  const { from, value } = exemplars as { readonly from?: unknown; readonly value?: unknown };
  if (!(from instanceof StreamDeclaration) || !from.fields.some(({ name }) => name === value))
    return call.fail("its exemplars come from no stream's field", 'exemplars: { from: slow, value: "nanoseconds" }');
  return { stream: from.name, value: value as string };
}

function namedDecoders(call: Call, given: unknown, what: string): readonly NamedDecoder[] {
  if (given === undefined) return [];
  if (typeof given !== "object" || given === null)
    return call.fail(`its ${what}s are an object: names, each with a decoder`);
  return Object.entries(given).map(([name, value]) => {
    const decoder = decoderOf(value);
    if (decoder === undefined)
      return call.fail(`the ${what} ${name} has no decoder`, `use one of decode, as in ${name}: decode.uint`);
    return { name: call.metricName(name), decoder };
  });
}

export function streamFunction(registry: Registry, declarations: Declarations) {
  return (name: unknown, fields: unknown, options?: unknown): StreamDeclaration => {
    const call = new Call("stream", registry);
    const { help } = call.options(options, ["help"]);
    const stream = new StreamDeclaration(
      call.metricName(name),
      help === undefined ? "" : call.text(help, "help"),
      namedDecoders(call, fields, "field"),
      call.site,
    );
    if (stream.fields.length === 0)
      call.fail("a stream needs fields", 'stream("execs", { comm: decode.comm, pid: decode.pid })');
    if (declarations.streams.some((other) => other.name === stream.name))
      refuse(messages.twice, spanOf(call.site.node), "stream", stream.name);
    declarations.streams.push(stream);
    return stream;
  };
}

/** Buckets of powers of two: bounds from 2^least to 2^greatest. */
export function exp2(least: number, greatest: number): Buckets {
  if (!Number.isInteger(least) || !Number.isInteger(greatest) || least < 0 || greatest > 62 || least > greatest)
    throw new RangeError(`exp2(${least}, ${greatest}): the powers go from 0 to 62, the smaller one first`);
  return { kind: "exp2", least, greatest };
}

/** Buckets of one width, and one below and one above. */
export function linear(min: number, max: number, step: number): Buckets {
  if (![min, max, step].every(Number.isInteger) || step < 1 || max <= min || (max - min) / step > 1000)
    throw new RangeError(`linear(${min}, ${max}, ${step}): whole numbers, min below max, at most 1000 steps`);
  return { kind: "linear", min, max, step };
}

const MOST_BOUNDS = 100;

/** Buckets that end where their author says; each bound belongs to the bucket below it. */
export function fixed(...bounds: readonly number[]): Buckets {
  const rises = bounds.every((bound, i) => Number.isSafeInteger(bound) && (i === 0 || bound > bounds[i - 1]!));
  if (!rises || bounds.length === 0 || bounds.length > MOST_BOUNDS)
    throw new RangeError(`fixed(${bounds.join(", ")}): 1 to ${MOST_BOUNDS} whole numbers that rise`);
  return { kind: "fixed", bounds };
}
