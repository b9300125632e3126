/** A monitor's budget of series, shared out among the maps that its metrics come from. */
import type { MonitorView, ObjectSpec } from "@sonde/bpf/spec";

/** How many keys each map that is exported may have, by its MapView's name: an equal share of the budget, or Infinity. */
export function seriesLimits({ metrics, budget }: MonitorView): ReadonlyMap<string, number> {
  const keyed = new Set(metrics.filter(({ labels }) => labels.length > 0).map(({ map }) => map));
  const share = budget?.series === undefined ? Infinity : Math.max(1, Math.floor(budget.series / keyed.size));
  return new Map(Array.from(keyed, (map) => [map, share]));
}

/** An object whose maps are made no larger than the budget; smaller ones stay as they are. */
export function withSeriesLimits(spec: ObjectSpec, monitor: MonitorView): ObjectSpec {
  const limits = seriesLimits(monitor);
  const sizes = new Map<string, number>();
  const views = spec.manifest.maps.map((view) => {
    const size = Math.min(view.maxEntries, limits.get(view.name) ?? Infinity);
    if (size === view.maxEntries) return view;
    sizes.set(view.map, size);
    return { ...view, maxEntries: size };
  });
  if (sizes.size === 0) return spec;
  const maps = spec.maps.map((map) => ({ ...map, maxEntries: sizes.get(map.name) ?? map.maxEntries }));
  return { ...spec, maps, manifest: { ...spec.manifest, maps: views } };
}
