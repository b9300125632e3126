/** What a monitor has counted and sent, as a test compares it. */
import type { EventView, Field, ObjectSpec } from "@sonde/bpf/spec";
import type { Vm } from "@sonde/bpf/vm";
import { Bytes, fieldsDecoder, type Value } from "@sonde/runtime";

/** One series of a metric. */
export interface SeriesReading {
  /** By name, before decoders: numbers as numbers, texts as texts. */
  readonly labels: Readonly<Record<string, unknown>>;
  /** Of a counter or gauge. */
  readonly value?: number;
  /** Of a histogram: how many values, and their sum. */
  readonly count?: number;
  readonly sum?: number;
  /** Of a histogram: how many values in each bucket, by its number; empty ones left out. */
  readonly buckets?: Readonly<Record<number, number>>;
}

/** Every series of a metric that was touched. */
export function readSeries(vm: Vm, spec: ObjectSpec, name: string): SeriesReading[] {
  const metric = spec.manifest.monitor?.metrics.find((each) => each.name === name);
  const view = spec.manifest.maps.find((each) => each.name === metric?.map);
  if (metric === undefined || view === undefined) throw new TypeError(`the monitor has no metric ${name}`);
  const map = vm.map(view.map);
  const decode = fieldsDecoder(view.keys);
  return map.entries().flatMap(([key]): SeriesReading[] => {
    const values = decode(new Bytes(key), 0);
    const labels = Object.fromEntries(metric.labels.map((label, i) => [label.name, plain(values[label.part ?? i]!)]));
    const words = sum(map.getPerCpu(key) ?? [map.get(key)!]);
    // A metric without labels has its only series from the beginning.
    if (view.keys.length === 0 && words.every((word) => word === 0n) && metric.type !== "gauge") return [];
    const { value } = view;
    if (value.kind !== "hist" && value.kind !== "lhist")
      return [{ labels, value: Number(BigInt.asIntN(64, words[0]!)) }];
    const counts = words.slice(0, value.buckets).map(Number);
    return [
      {
        labels,
        count: counts.reduce((all, count) => all + count, 0),
        sum: value.totalOffset === undefined ? 0 : Number(BigInt.asIntN(64, words[value.totalOffset / 8]!)),
        buckets: Object.fromEntries(counts.flatMap((count, index) => (count === 0 ? [] : [[index, count]]))),
      },
    ];
  });
}

/** Word by word over all CPUs. */
function sum(values: readonly Uint8Array[]): bigint[] {
  const words = new Array<bigint>(Math.floor((values[0]?.length ?? 0) / 8)).fill(0n);
  for (const value of values) {
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    for (let i = 0; i < words.length; i++) words[i]! += view.getBigUint64(i * 8, true);
  }
  return words.map((word) => BigInt.asUintN(64, word));
}

/** Entries of a map that the monitor declared. */
export function readEntries(vm: Vm, spec: ObjectSpec, name: string): (readonly [key: unknown, value: unknown])[] {
  const view = spec.manifest.maps.find((each) => each.name === name);
  if (view?.value.kind !== "scalar") throw new TypeError(`the monitor has no map ${name}, or no handler uses it`);
  const map = vm.map(view.map);
  const read = (fields: readonly Field[], bytes: Uint8Array): unknown => {
    const values = fieldsDecoder(fields)(new Bytes(bytes), 0).map(plain);
    const named = fields.every((field) => field.name !== undefined) && fields.length > 0;
    return named ? Object.fromEntries(fields.map((field, i) => [field.name, values[i]])) : values[0];
  };
  const value: readonly Field[] = [{ offset: 0, type: view.value.type }];
  return map.entries().map(([key, bytes]) => [read(view.keys, key), read(value, bytes)]);
}

/** A record of the ring as its stream's fields. */
export function readEvent(spec: ObjectSpec, record: Uint8Array): { readonly stream: string; readonly fields: unknown } {
  const id = new DataView(record.buffer, record.byteOffset).getUint32(0, true);
  const event: EventView | undefined = spec.manifest.events.find((each) => each.id === id);
  if (event?.action.kind !== "stream") throw new Error(`the record ${id} is of no stream`);
  const values = fieldsDecoder(event.fields)(new Bytes(record), 0);
  const fields = Object.fromEntries(event.fields.map((field, i) => [field.name, plain(values[i]!)]));
  return { stream: event.action.stream, fields };
}

/** What a test writes: numbers, texts, plain objects and lists. */
function plain(value: Value): unknown {
  if (isList(value)) return value.map(plain);
  if (typeof value !== "object" || value instanceof Uint8Array) return value;
  switch (value.kind) {
    case "enum":
      return value.name ?? value.value;
    case "pointer":
    case "symbol":
      return value.address;
    case "tuple":
      return value.items.map(plain);
    case "record":
      return Object.fromEntries(value.fields.map((field) => [field.name, plain(field.value)]));
    default:
      return value;
  }
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
