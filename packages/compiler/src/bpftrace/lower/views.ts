/** The layout and the kind of each of the script's maps. */
import {
  SERIES_SLOT_BYTES,
  histogramBuckets,
  type DataType,
  type MapSpec,
  type MapType,
  type MapView,
  type ValueView,
} from "@sonde/bpf/spec";
import type { Span } from "../ast.ts";
import type { Aggregate, MapInfo, ProbeVariant } from "../types.ts";
import { NO_PREALLOC } from "../../lowering/helpers.ts";
import { otherMap, otherView } from "../../lowering/other.ts";
import { alignUp, dataType, layOut, type StackMaps, type Types } from "./layout.ts";
import type { ObjectTypes } from "../../lowering/object-types.ts";

/** What lowering knows about a map that the user named. */
export interface MapPlan {
  readonly info: MapInfo;
  readonly view: MapView;
  readonly spec: MapSpec;
  /** Adding to a value must be atomic, since programs that interrupt each other do so. */
  readonly atomic: boolean;
  /** Every CPU has a part of an aggregation's value for itself. */
  readonly perCpu: boolean;
  /** Takes the values whose key finds the map full. */
  readonly other?: MapSpec;
}

export interface PlanContext {
  /** The most entries that it may have, for a map that keeps what it has no room for in one value more; may be Infinity. */
  readonly limit: number | undefined;
  readonly types: ObjectTypes;
  readonly stacks: StackMaps;
  readonly structs: Types;
  /** Whether histograms keep the sum of their values. */
  readonly totals: boolean;
  /** Programs read the aggregation, and this kernel lets them reach their own CPU's part only. */
  readonly shared: boolean;
  /** The programs that use the map. */
  readonly users: readonly ProbeVariant[];
  /** As in the target's features; asked only if it matters. */
  readonly lateEntries: () => boolean;
  readonly span: Span;
}

export function planMap(info: MapInfo, context: PlanContext): MapPlan {
  const { types, stacks, structs, users, lateEntries, span } = context;
  const name = `AT_${info.name.slice(1)}`;
  const keyless = info.keys.length === 0;
  const keys = layOut(
    info.keys.map((key) => dataType(key, stacks, span, structs)),
    0,
  );
  const { value: stored } = info;
  const perCpu =
    stored.kind === "aggregate" &&
    !(context.shared && isSum(stored.aggregate)) &&
    (keyless || info.declaredType === undefined || info.declaredType.startsWith("percpu"));
  const value =
    stored.kind === "aggregate"
      ? aggregateView(stored.aggregate, perCpu, context.totals)
      : scalarView(dataType(stored.type, stacks, span, structs), keyless);
  const keySize = keyless ? 4 : keys.size;
  const size = valueSize(value);
  const maxEntries = keyless ? 1 : entriesOf(info, context.limit);
  const type = mapType(info, perCpu);
  const spec: MapSpec = {
    name,
    type,
    keySize,
    valueSize: size,
    maxEntries,
    flags: allocatesLate(type, value, users, lateEntries) ? NO_PREALLOC : 0,
    keyTypeId: keyless ? types.index : types.key(name, keys.fields, keySize),
    valueTypeId: types.value(name, value, size),
  };
  // No map of a script begins otherwise than with AT_.
  const called = `OTHER_${info.name.slice(1)}`;
  const other = context.limit !== undefined && addsUp(value) ? otherMap(spec, called, types.index) : undefined;
  const view: MapView = {
    name: info.name,
    map: name,
    keys: keys.fields,
    value,
    maxEntries,
    ...(other !== undefined && { other: otherView(spec, other) }),
  };
  const common = { info, view, spec, atomic: !perCpu || interrupted(users), perCpu };
  return other === undefined ? common : { ...common, other };
}

/** A size that the script declares is only ever made smaller; one that it takes from its settings is replaced. */
function entriesOf({ maxEntries, declaredType }: MapInfo, limit: number | undefined): number {
  if (limit === undefined || !Number.isFinite(limit)) return maxEntries;
  return declaredType === undefined ? limit : Math.min(limit, maxEntries);
}

/** Whether changes of a value are added up, so that those of many keys have a sum. */
function addsUp(value: ValueView): boolean {
  return value.kind !== "tseries" && (value.kind !== "scalar" || value.type.kind === "int");
}

/** What atomic additions keep up on a value that all CPUs share. */
function isSum({ kind }: Aggregate): boolean {
  return kind === "count" || kind === "sum" || kind === "avg";
}

function aggregateView(aggregate: Aggregate, perCpu: boolean, totals: boolean): ValueView {
  switch (aggregate.kind) {
    case "count":
      return { kind: "count", perCpu };
    case "hist":
      return withTotal(
        { kind: "hist", bits: aggregate.bits, buckets: histogramBuckets(aggregate.bits), perCpu },
        totals,
      );
    case "lhist":
      return withTotal(
        { ...aggregate, buckets: 2 + Math.floor((aggregate.max - aggregate.min) / aggregate.step), perCpu },
        totals,
      );
    case "tseries":
      return { ...aggregate, perCpu };
    default:
      return { kind: aggregate.kind, signed: aggregate.signed, perCpu };
  }
}

/** The sum of all values stands behind the buckets. */
function withTotal<View extends ValueView & { readonly buckets: number }>(view: View, totals: boolean): View {
  return totals ? { ...view, totalOffset: view.buckets * 8 } : view;
}

function scalarView(type: DataType, keyless: boolean): ValueView {
  return keyless ? { kind: "scalar", type, setOffset: alignUp(type.size) } : { kind: "scalar", type };
}

/** Bytes of one (CPU's) value. */
export function valueSize(view: ValueView): number {
  switch (view.kind) {
    case "scalar":
      return alignUp(view.type.size) + (view.setOffset === undefined ? 0 : 8);
    case "count":
      return 8;
    case "hist":
    case "lhist":
      return view.buckets * 8 + (view.totalOffset === undefined ? 0 : 8);
    case "tseries":
      return view.intervals * SERIES_SLOT_BYTES;
    default:
      return 16;
  }
}

function mapType(info: MapInfo, perCpu: boolean): MapType {
  if (info.keys.length === 0) return perCpu ? "percpu_array" : "array";
  switch (info.declaredType) {
    case "lruhash":
      return "lru_hash";
    case "percpulruhash":
      return "lru_percpu_hash";
    default:
      return perCpu ? "percpu_hash" : "hash";
  }
}

/**
 * Whether entries are allocated when they come. To allocate all per-CPU values beforehand takes 2 ms and
 * more memory with each CPU, so this is done only where it must be: kernels before 6.1 refuse perf
 * events' programs such maps, and warn of others'. There only histograms by key, which take the most
 * memory and are mostly few, allocate late. LRU maps have no choice.
 */
function allocatesLate(
  type: MapType,
  view: ValueView,
  users: readonly ProbeVariant[],
  lateEntries: () => boolean,
): boolean {
  if (type !== "percpu_hash") return false;
  const large = view.kind === "hist" || view.kind === "lhist" || view.kind === "tseries";
  return (large && !users.some((user) => user.programType === "perf_event")) || lateEntries();
}

/**
 * Whether two of a map's programs can run on one CPU at a time, one in the middle of the other.
 * Tracepoint, kprobe and perf event programs exclude each other by the kernel's count of active
 * programs; others only exclude themselves; programs of uprobes can be preempted. Programs that the
 * session runs by hand run alone.
 */
function interrupted(users: readonly ProbeVariant[]): boolean {
  const live = users.filter((user) => user.attach.some((target) => target.kind !== "run"));
  if (live.some((user) => user.user)) return true;
  return (
    live.length > 1 && live.some((user) => user.programType === "tracing" || user.programType === "raw_tracepoint")
  );
}
