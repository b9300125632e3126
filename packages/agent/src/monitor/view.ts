/** What the header of a script says, as every other part of the agent reads it. */
import type { LabelView, MetricView, MonitorView } from "@sonde/bpf/spec";
import type { Definition, LabelDefinition, MetricDefinition } from "./definition.ts";

export function monitorView(name: string, definition: Definition): MonitorView {
  const { help, version, enabled, metrics, budget } = definition;
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
      },
    }),
  };
}

function metricView({ map, name, help, type, unit, labels, buckets }: MetricDefinition): MetricView {
  return {
    map,
    name,
    help,
    ...(type !== undefined && { type }),
    ...(unit !== undefined && { unit }),
    labels: labels.map(labelView),
    ...(buckets !== undefined && { buckets }),
  };
}

/** Names for numbers stand for themselves; what has none goes through the decoders. */
function labelView({ name, decode, values }: LabelDefinition): LabelView {
  const named = values === undefined ? [] : [{ name: "values", values }];
  return { name, decoders: [...named, ...decode.map((decoder) => ({ name: decoder }))] };
}
