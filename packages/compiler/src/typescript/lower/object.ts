/** What the programs of one monitor share: maps, metrics, streams, variables. */
import type { SourcePosition } from "@sonde/bpf/asm";
import {
  histogramBuckets,
  type DataType,
  type Field,
  type Manifest,
  type MapSpec,
  type MapView,
  type MetricView,
  type PlaceView,
  type StreamView,
  type Target,
  type ValueView,
} from "@sonde/bpf/spec";
import { ObjectParts } from "../../lowering/object-parts.ts";
import { otherMap, otherView } from "../../lowering/other.ts";
import { Positions } from "../../lowering/positions.ts";
import type { SourceText } from "../../diagnostics/index.ts";
import {
  type Declarations,
  type GlobalDeclaration,
  MapDeclaration,
  type MetricDeclaration,
  type NamedDecoder,
  type ParamDeclaration,
  type ProbeDeclaration,
  type StreamDeclaration,
  type TimerDeclaration,
} from "../authoring/declarations.ts";
import type { RegisteredFunction, Registry } from "../prepare/registry.ts";
import { typeArgumentsOf, type Node } from "../syntax/ast.ts";
import { dataTypeOf } from "../types/data-type.ts";
import type { TypeResolver } from "../types/resolve.ts";
import { recordOf, U32, type RecordType, type Type } from "../types/type.ts";
import { DataSection, type Variable } from "./data-section.ts";
import { structOpsMap } from "./struct-ops.ts";
import { ConstantTables } from "./tables.ts";
import { usdtMaps } from "./usdt.ts";
import type { Uses } from "./uses.ts";

/** A map that an author declared. */
export interface MapPlan {
  readonly spec: MapSpec;
  readonly key: Type;
  readonly value: Type;
  readonly perCpu: boolean;
  readonly view: MapView;
  /** Whether some handler deletes entries, so that most keys that are set are new. */
  readonly deletes: boolean;
}

export interface MetricPlan {
  readonly spec: MapSpec;
  /** Takes what is added for labels that find the map full; made in the object when a handler first adds. */
  readonly other: MapSpec | undefined;
  readonly key: RecordType;
  readonly view: MapView;
  readonly metric: MetricView;
}

export interface StreamPlan {
  readonly id: number;
  readonly record: RecordType;
  /** Bytes of the record with its head. */
  readonly size: number;
  readonly view: StreamView;
}

/** struct bpf_timer */
const TIMER_BYTES = 16;
/** u32 id, u32 CPU. */
export const RECORD_HEAD = 8;

export class MonitorObject extends ObjectParts {
  readonly declarations: Declarations;
  readonly resolver: TypeResolver;
  readonly #positions = new Map<SourceText, Positions>();
  readonly #maps = new Map<MapDeclaration, MapPlan>();
  readonly #metrics = new Map<MetricDeclaration, MetricPlan>();
  readonly #streams = new Map<StreamDeclaration, StreamPlan>();
  /** Metrics to which some handler adds under labels. */
  readonly #added = new Set<string>();
  readonly #data: DataSection;
  readonly uses: Uses;
  /** Lists that are looked up while programs run. */
  readonly tables: ConstantTables = new ConstantTables();
  readonly #registry: Registry;

  constructor(declarations: Declarations, resolver: TypeResolver, target: Target, registry: Registry, uses: Uses) {
    super(target);
    this.#registry = registry;
    this.declarations = declarations;
    this.resolver = resolver;
    this.uses = uses;
    this.#data = new DataSection(declarations, resolver);
  }

  /** The tree behind a function of the monitor's. */
  functionOf(value: unknown): RegisteredFunction | undefined {
    return this.#registry.functionOf(value);
  }

  position(node: Node): SourcePosition | undefined {
    const source = node.sourceFile;
    if (source === undefined) return undefined;
    let positions = this.#positions.get(source);
    if (positions === undefined) this.#positions.set(source, (positions = new Positions(source)));
    return positions.at(node);
  }

  /** Where a parameter or a global lies. */
  variable(declaration: ParamDeclaration | GlobalDeclaration): Variable {
    return this.#data.variable(declaration);
  }

  map(declaration: MapDeclaration): MapPlan {
    let plan = this.#maps.get(declaration);
    if (plan === undefined) this.#maps.set(declaration, (plan = this.#planMap(declaration)));
    return plan;
  }

  #planMap(declaration: MapDeclaration): MapPlan {
    const { name, type, maxEntries, site, perCpu, isArray } = declaration;
    const types = (typeArgumentsOf(site.node) ?? []).map((node) => this.resolver.resolve(node, site.module));
    const [key, value] = isArray ? [U32, types[0]!] : [types[0]!, types[1]!];
    const keys = this.#fields(key);
    const view: ValueView = { kind: "scalar", type: this.#dataType(value) };
    const spec: MapSpec = {
      name,
      type,
      keySize: this.#sizeOf(key),
      valueSize: this.#sizeOf(value),
      maxEntries,
      flags: 0,
      keyTypeId: this.types.key(name, keys, this.#sizeOf(key)),
      valueTypeId: this.types.value(name, view, this.#sizeOf(value)),
    };
    return {
      spec,
      key,
      value,
      perCpu,
      view: { name, map: name, keys, value: view, maxEntries },
      deletes: this.uses.deleted.has(declaration),
    };
  }

  metric(declaration: MetricDeclaration): MetricPlan {
    let plan = this.#metrics.get(declaration);
    if (plan === undefined) this.#metrics.set(declaration, (plan = this.#planMetric(declaration)));
    return plan;
  }

  #planMetric(declaration: MetricDeclaration): MetricPlan {
    const { name, type, help, unit, labels, buckets, exemplars, maxSeries } = declaration;
    const key = recordOf(labels.map(({ name: label, decoder }) => ({ name: label, type: decoder.raw })));
    const value = valueOf(declaration);
    const perCpu = type !== "gauge";
    const single = labels.length === 0;
    const keys = this.#fields(key);
    const valueSize = sizeOfView(value);
    const spec: MapSpec = {
      name,
      type: single ? (perCpu ? "percpu_array" : "array") : perCpu ? "percpu_hash" : "hash",
      keySize: single ? 4 : key.size,
      valueSize,
      maxEntries: single ? 1 : maxSeries,
      flags: 0,
      keyTypeId: single ? this.types.index : this.types.key(name, keys, key.size),
      valueTypeId: this.types.value(name, value, valueSize),
    };
    const view: MapView = { name, map: name, keys: single ? [] : keys, value, maxEntries: maxSeries };
    const bounds = buckets?.kind === "exp2" ? { buckets: { min: 2 ** buckets.least, max: 2 ** buckets.greatest } } : {};
    const metric: MetricView = {
      map: name,
      name,
      help,
      type,
      ...(unit === undefined ? {} : { unit }),
      labels: labels.map(labelView),
      ...bounds,
      ...(exemplars === undefined ? {} : { exemplars }),
    };
    return { spec, other: otherMap(spec, `${name}_other`, this.types.index), key, view, metric };
  }

  /** The map for what a metric's own has no room for. */
  otherOf({ spec, other }: MetricPlan): MapSpec | undefined {
    if (other === undefined) return undefined;
    this.#added.add(spec.name);
    this.shared(other);
    return other;
  }

  #viewOf({ spec, other, view }: MetricPlan): MapView {
    return other !== undefined && this.#added.has(spec.name) ? { ...view, other: otherView(spec, other) } : view;
  }

  stream(declaration: StreamDeclaration): StreamPlan {
    let plan = this.#streams.get(declaration);
    if (plan === undefined) this.#streams.set(declaration, (plan = this.#planStream(declaration)));
    return plan;
  }

  #planStream({ name, help, fields }: StreamDeclaration): StreamPlan {
    const record = recordOf(fields.map(({ name: field, decoder }) => ({ name: field, type: decoder.raw })));
    const size = RECORD_HEAD + ((record.size + 7) & ~7);
    const placed = this.#fields(record).map((field) => ({ ...field, offset: field.offset + RECORD_HEAD }));
    const id = this.event({ kind: "stream", stream: name }, placed, size);
    return { id, record, size, view: { name, help, event: id, fields: fields.map(labelView) } };
  }

  /** The map that holds a timer, in its one entry. */
  timer({ name }: TimerDeclaration): { readonly map: string } {
    const { builder } = this.types;
    const opaque = builder.array(this.types.word(false), 2);
    const timer = builder.struct("bpf_timer", TIMER_BYTES, [{ name: "__opaque", type: opaque, bitOffset: 0 }]);
    const map = this.shared({
      name,
      type: "array",
      keySize: 4,
      valueSize: TIMER_BYTES,
      maxEntries: 1,
      flags: 0,
      keyTypeId: this.types.index,
      valueTypeId: builder.struct(`${name}_value`, TIMER_BYTES, [{ name: "timer", type: timer, bitOffset: 0 }]),
    });
    return { map };
  }

  /** Some program reads arguments of static probe points. */
  useUsdt(): void {
    for (const map of usdtMaps(this.types)) this.shared(map);
  }

  /** Every map, in the order of declaration, what nobody uses left out. */
  maps(programs: readonly { readonly name: string; readonly probe: ProbeDeclaration }[]): readonly MapSpec[] {
    const names = new Map(programs.map(({ name, probe }) => [probe.title, name]));
    const sections = [this.#data.map(this.types), this.tables.map(this.types)];
    return [
      ...this.declarations.maps.flatMap((map) => this.#maps.get(map)?.spec ?? []),
      ...this.declarations.metrics.map((metric) => this.metric(metric).spec),
      ...sections.flatMap((section) => section ?? []),
      ...this.declarations.structOps.map((declaration) => structOpsMap(this, declaration, names)),
      ...this.internalMaps(undefined),
    ];
  }

  /** @param programs where parameters say where they are attached, by the target's field */
  manifest(programs: readonly { readonly name: string; readonly probe: ProbeDeclaration }[]): Manifest {
    const { info, params, metrics, streams, maps } = this.declarations;
    const plans = metrics.map((metric) => this.metric(metric));
    return {
      maps: [...plans.map((plan) => this.#viewOf(plan)), ...maps.flatMap((map) => this.#maps.get(map)?.view ?? [])],
      ...this.internalViews,
      config: { printMapsOnExit: false, stackMode: "bpftrace" },
      monitor: {
        name: info!.name,
        help: info!.help,
        ...(info!.version === undefined ? {} : { version: info!.version }),
        enabled: info!.enabled,
        metrics: plans.map(({ metric }) => metric),
        streams: streams.map((stream) => this.stream(stream).view),
        params: params.map((param) => {
          const places = programs.flatMap(({ name, probe }) => placesOfParam(name, probe, param));
          return { ...this.#data.view(param), ...(places.length === 0 ? {} : { places }) };
        }),
        ...(info!.budget === undefined ? {} : { budget: info!.budget }),
      },
    };
  }

  #dataType(type: Type): DataType {
    return dataTypeOf(type, (stack) => this.stackMap(stack));
  }

  #sizeOf(type: Type): number {
    return this.#dataType(type).size;
  }

  /** A record's fields are a key's parts; any other type is its only part. */
  #fields(type: Type): readonly Field[] {
    if (type.kind !== "record") return [{ offset: 0, type: this.#dataType(type) }];
    return type.fields.map(({ name, offset, type: field }) => ({ name, offset, type: this.#dataType(field) }));
  }
}

function placesOfParam(program: string, { places = {} }: ProbeDeclaration, param: ParamDeclaration): PlaceView[] {
  return Object.entries(places).flatMap(([field, by]) => (by === param ? [{ program, target: 0, field }] : []));
}

function labelView({ name, decoder }: NamedDecoder): MetricView["labels"][number] {
  return { name, decoders: decoder.views };
}

function valueOf({ type, buckets }: MetricDeclaration): ValueView {
  if (type === "counter") return { kind: "count", perCpu: true };
  if (type === "gauge" || buckets === undefined)
    return { kind: "scalar", type: { kind: "int", size: 8, signed: true } };
  if (buckets.kind === "linear") {
    const { min, max, step } = buckets;
    const count = 2 + Math.floor((max - min) / step);
    return { kind: "lhist", min, max, step, buckets: count, totalOffset: count * 8, perCpu: true };
  }
  if (buckets.kind === "fixed") {
    // Upper bounds belong to their buckets, as Prometheus has them.
    const bounds = buckets.bounds.map((bound) => bound + 1);
    const [count, min, max] = [bounds.length + 1, bounds[0]!, bounds.at(-1)!];
    return { kind: "lhist", min, max, step: 1, bounds, buckets: count, totalOffset: count * 8, perCpu: true };
  }
  const count = histogramBuckets(0);
  return { kind: "hist", bits: 0, buckets: count, totalOffset: count * 8, perCpu: true };
}

function sizeOfView(view: ValueView): number {
  return view.kind === "hist" || view.kind === "lhist" ? (view.buckets + 1) * 8 : 8;
}
