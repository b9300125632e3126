/** Histograms whose buckets are entries of the map: series by series from what stands in the keys. */
import type { MapView, MetricView, SlotsView } from "@sonde/bpf/spec";
import { fieldsDecoder, type Bytes } from "@sonde/runtime";
import type { Buckets, Family } from "../exposition/family.ts";
import { enlarged } from "../exposition/byte-table.ts";
import { eachEntry } from "./entries.ts";
import type { LiveMap, MetricReader } from "./reader.ts";
import { Rows } from "./rows.ts";
import type { Steps } from "../turns.ts";
import { type KeyLabels, Series } from "./series.ts";
import { figureReader } from "./values.ts";

export function slotReader(
  metric: MetricView,
  slots: SlotsView,
  view: MapView,
  labels: KeyLabels,
  monitor: string,
): MetricReader {
  const { value } = view;
  const bucket = view.keys.at(-1);
  if (bucket === undefined || value.kind === "hist" || value.kind === "lhist")
    throw new TypeError(`metric ${metric.name}: ${view.name} has no entries for buckets`);
  const about = { name: metric.name, help: metric.help, unit: "", scale: 1, monitor, type: "histogram" } as const;
  const buckets = exported(slots);
  const width = slots.slots.length;
  const columns = new Map(slots.slots.map((slot, i) => [slot, i]));
  // What is before the bucket in the key is the series.
  const series = new Series(labels, view.keys.slice(0, -1), bucket.offset);
  const slotOf = fieldsDecoder([bucket]);
  let present = 0;
  return {
    *read(map: LiveMap, created: number): Steps<Family> {
      const read = figureReader(value, map.layout, true);
      series.refresh(present);
      const rows = new Rows(present, series.labels.count);
      let counts = new Float64Array(width * rows.labels.length);
      let sums = new Float64Array(rows.labels.length);
      const visit = (keys: Bytes, key: number, values: DataView, at: number): void => {
        const slot = Number(slotOf(keys, key)[0]);
        const column = columns.get(slot);
        const found = column === undefined && slot !== slots.sum ? undefined : series.find(keys, key);
        if (found === undefined || read === undefined) return;
        const row = rows.find(found);
        if (row >= sums.length) {
          counts = enlarged(counts, width * rows.labels.length);
          sums = enlarged(sums, rows.labels.length);
        }
        if (column === undefined) sums[row]! += read(values, at) * slots.scale;
        else counts[width * row + column]! += read(values, at);
      };
      yield* eachEntry(map, visit);
      present = rows.count;
      return { ...about, created, count: rows.count, labels: series.labels, rows: rows.labels, buckets, counts, sums };
    },
  };
}

/** No slot is for values above the last: programs put those into it. */
function exported({ upper, bounds }: SlotsView): Buckets {
  return { source: upper, bounds, index: Uint16Array.from(upper.keys()), bits: undefined };
}
