/** ebpf_exporter's NAME.yaml with the NAME.bpf.o beside it, as a monitor. */
import type { MapSpec, MapView, MetricView, MonitorView, ObjectSpec } from "@sonde/bpf/spec";
import { readObject } from "@sonde/bpf/elf";
import { withGlobals } from "@sonde/kernel/maps";
import { KernelSymbols } from "@sonde/kernel/symbols";
import { type CompiledMonitor, type MonitorSource, MonitorSourceError, type SourceFile } from "../monitor/source.ts";
import { slotsOf } from "./buckets.ts";
import type { CounterConfig, ExporterConfig, HistogramConfig, LabelConfig } from "./config.ts";
import { bytesOf, fieldsOf, labelViewOf } from "./labels.ts";
import { countPerfEvents } from "./perf-events.ts";
import { readConfig } from "./read-config.ts";

/** Of every metric's name. */
const PREFIX = "ebpf_exporter_";
/** Objects larger than this are no monitors. */
const MAX_OBJECT = 16 << 20;

export const exporterSource: MonitorSource = {
  suffix: ".yaml",
  parts: (file) => [objectFile(file)],
  summary: (file) => viewOf(nameOf(file), readConfig(file.name, file.bytes)),
  compile: (name, file) => withContext(file.name, () => compile(name, file)),
};

function compile(name: string, file: SourceFile): CompiledMonitor {
  const config = readConfig(file.name, file.bytes);
  const { counters, histograms } = config.metrics;
  if (counters.length + histograms.length === 0) {
    const reason =
      config.tracing === undefined ? "it names no metrics" : "it has only tracing.spans, which are not exported";
    throw new MonitorSourceError(reason);
  }
  let spec = { ...objectOf(file), name };
  for (const counter of counters.filter((each) => each.perf_event_array))
    spec = countPerfEvents(spec, counter.name, bytesOf(counter.labels));
  if (config.kaddrs.length > 0) spec = withGlobals(spec, addressesOf(config.kaddrs));
  const view = viewOf(name, config);
  const maps = [
    ...counters.flatMap((counter) => counterMaps(counter, mapOf(spec, counter.name))),
    ...histograms.map((histogram) => histogramMap(histogram, mapOf(spec, histogram.name))),
  ];
  return { spec: { ...spec, manifest: { ...spec.manifest, maps, monitor: view } }, view };
}

function viewOf(name: string, config: ExporterConfig): MonitorView {
  const { metrics, cgroup_id_map: cgroups } = config;
  return {
    name,
    help: `ebpf_exporter's ${name}`,
    enabled: true,
    metrics: [...metrics.counters.flatMap(counterViews), ...metrics.histograms.map(histogramView)],
    streams: [],
    params: [],
    ...(cgroups !== undefined && { cgroupMap: { map: cgroups.name, patterns: cgroups.regexps } }),
  };
}

/** A view for each of the map's values; they have the map in common. */
function counterMaps({ name, labels, values }: CounterConfig, map: MapSpec): MapView[] {
  const own = keyLabels(labels, map);
  expectKey(name, own, map);
  const wanted = 8 * (values?.length ?? 1);
  if (map.valueSize < wanted)
    throw new MonitorSourceError(
      `counter ${name}: the map's values have ${map.valueSize} bytes, and ${wanted} are read`,
    );
  return (values ?? [{ name }]).map((value, i) => ({
    name: value.name,
    map: map.name,
    keys: fieldsOf(own),
    value: { kind: "count", perCpu: isPerCpu(map), ...(i > 0 && { offset: 8 * i }) },
    maxEntries: map.maxEntries,
  }));
}

function histogramMap({ name, labels }: HistogramConfig, map: MapSpec): MapView {
  expectKey(name, labels, map);
  const bucket = fieldsOf(labels).at(-1)!;
  if (bucket.type.kind !== "int")
    throw new MonitorSourceError(
      `histogram ${name}: its last label is the bucket, and must be a uint of 1, 2, 4 or 8 bytes`,
    );
  return {
    name,
    map: map.name,
    keys: fieldsOf(labels),
    value: { kind: "count", perCpu: isPerCpu(map) },
    maxEntries: map.maxEntries,
  };
}

function counterViews(counter: CounterConfig): MetricView[] {
  const { name, help, labels, values, flush_interval: lifetime } = counter;
  const cpu = labels.at(-1)?.name === "cpu" ? { cpuLabel: "cpu" } : {};
  return (values ?? [{ name, help }]).map((value) => ({
    map: value.name,
    ...exportedName(value.name),
    help: value.help === "" ? value.name : value.help,
    type: "counter",
    labels: labels.map(labelViewOf),
    ...cpu,
    ...(lifetime !== undefined && { lifetime }),
  }));
}

function histogramView(histogram: HistogramConfig): MetricView {
  const { name, help, labels } = histogram;
  return {
    map: name,
    name: PREFIX + name,
    help: help === "" ? name : help,
    type: "histogram",
    labels: labels.slice(0, -1).map(labelViewOf),
    slots: slotsOf(histogram),
  };
}

/** Formats put `_total` behind counters' names: it is taken off, and those that never had it stay without. */
function exportedName(name: string): Pick<MetricView, "name" | "bareName"> {
  const full = PREFIX + name;
  return full.endsWith("_total") ? { name: full.slice(0, -"_total".length) } : { name: full, bareName: true };
}

/** A per-CPU map's label `cpu`, if it is the last, is no part of the key. */
function keyLabels(labels: readonly LabelConfig[], map: MapSpec): readonly LabelConfig[] {
  return isPerCpu(map) && labels.at(-1)?.name === "cpu" ? labels.slice(0, -1) : labels;
}

function expectKey(metric: string, labels: readonly LabelConfig[], { name, keySize }: MapSpec): void {
  const bytes = bytesOf(labels);
  if (bytes !== keySize)
    throw new MonitorSourceError(
      `${metric}: its labels have ${bytes} bytes with their padding, but the keys of map ${name} have ${keySize}`,
    );
}

function isPerCpu({ type }: MapSpec): boolean {
  return type.startsWith("percpu_") || type === "lru_percpu_hash";
}

function mapOf({ maps }: ObjectSpec, name: string): MapSpec {
  const found = maps.find((map) => map.name === name);
  if (found !== undefined) return found;
  throw new MonitorSourceError(
    `the object has no map ${name}; it has ${maps.map((map) => map.name).join(", ") || "none"}`,
  );
}

function addressesOf(names: readonly string[]): Readonly<Record<string, bigint>> {
  const symbols = KernelSymbols.read();
  return Object.fromEntries(
    names.map((name) => {
      const address = symbols.addressOf(name);
      if (address === undefined)
        throw new MonitorSourceError(
          `kaddrs: this kernel has no symbol ${name}, or hides addresses (kernel.kptr_restrict)`,
        );
      return [`kaddr_${name}`, address];
    }),
  );
}

function objectOf(file: SourceFile): ObjectSpec {
  const name = objectFile(file.name);
  const bytes = file.beside(name);
  if (bytes === undefined)
    throw new MonitorSourceError(`there is no ${name} beside it: compile its program with clang -target bpf -g`);
  if (bytes.length > MAX_OBJECT) throw new MonitorSourceError(`${name} is larger than ${MAX_OBJECT} bytes`);
  return readObject(bytes);
}

/** Whatever is wrong is said with the file's name in front. */
function withContext(file: string, work: () => CompiledMonitor): CompiledMonitor {
  try {
    return work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new MonitorSourceError(message.startsWith(file) ? message : `${file}: ${message}`, { cause: error });
  }
}

function objectFile(file: string): string {
  return file.replace(/\.yaml$/, ".bpf.o");
}

function nameOf({ name }: SourceFile): string {
  return name.replace(/\.yaml$/, "");
}
