/** Which maps stay while a monitor is off. */
import type { Manifest, MetricView } from "@sonde/bpf/spec";

/**
 * Names of the MapSpecs whose contents go on when a monitor is switched on again: exported counters and
 * histograms, which users add up over time, and the counters of losses. Everything else would be wrong by
 * then: a gauge is of the moment, and a time that was noted down before the pause would become a latency as
 * long as the pause.
 */
export function keptWhileOff(
  manifest: Pick<Manifest, "maps" | "losses">,
  metrics: readonly MetricView[],
): ReadonlySet<string> {
  const kept = new Set(manifest.losses === undefined ? [] : [manifest.losses]);
  for (const metric of metrics) {
    const view = manifest.maps.find(({ name }) => name === metric.map);
    if (view === undefined) continue;
    const { kind } = view.value;
    const natural =
      kind === "count" || kind === "sum" ? "counter" : kind === "hist" || kind === "lhist" ? "histogram" : "gauge";
    if ((metric.type ?? natural) !== "gauge") kept.add(view.map);
    if (kept.has(view.map) && view.other !== undefined) kept.add(view.other.map);
  }
  return kept;
}
