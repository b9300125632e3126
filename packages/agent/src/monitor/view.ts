/** What the header of a script says, as every other part of the agent reads it. */
import type { FilterView, LabelView, MetricView, MonitorView } from "@sonde/bpf/spec";
import type { Definition, FilterDefinition, LabelDefinition, MetricDefinition } from "./definition.ts";

export function monitorView(name: string, definition: Definition): MonitorView {
  const { help, version, enabled, metrics, budget, filter } = definition;
  return {
    name,
    help,
    ...(version !== undefined && { version }),
    enabled,
    metrics: metrics.map(metricView),
    streams: [],
    params: [],
    ...(budget !== undefined && {
      budget: {
        ...(budget.series !== undefined && { series: budget.series }),
        ...(budget.cpu !== undefined && { cpu: budget.cpu }),
        ...(budget.come_back !== undefined && { comeBack: budget.come_back }),
      },
    }),
    ...(filter !== undefined && { filter: filterView(filter) }),
  };
}

function filterView({ pid, comm, cgroup, container, pod, namespace, labels }: FilterDefinition): FilterView {
  return {
    ...(pid && { pids: pid }),
    ...(comm && { comms: comm }),
    ...(cgroup && { cgroups: cgroup }),
    ...(container && { containers: container }),
    ...(pod && { pods: pod }),
    ...(namespace && { namespaces: namespace }),
    ...(labels && { labels }),
  };
}

function metricView({ map, name, help, type, unit, labels, buckets, exemplars }: MetricDefinition): MetricView {
  return {
    map,
    name,
    help,
    ...(type !== undefined && { type }),
    ...(unit !== undefined && { unit }),
    labels: labels.map(labelView),
    ...(buckets !== undefined && { buckets }),
    ...(exemplars !== undefined && { exemplars: { stream: exemplars.from, value: exemplars.value } }),
  };
}

/** The decoders by name, then the table of values, then the patterns that the text must match. */
export function labelView({ name, part, decode, values, patterns, key }: LabelDefinition): LabelView {
  return {
    name,
    ...(part !== undefined && { part: part - 1 }),
    decoders: [
      ...decode.map((decoder) => (key === undefined ? { name: decoder } : { name: decoder, key })),
      ...(values === undefined ? [] : [{ name: "values", values }]),
      ...(patterns === undefined ? [] : [{ name: "regexp", patterns }]),
    ],
  };
}
