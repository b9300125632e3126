/** Counters of a per-CPU map, each CPU's value a series of its own. */
import type { MapView, MetricView } from "@sonde/bpf/spec";
import { Bytes } from "@sonde/runtime";
import type { Family } from "../exposition/family.ts";
import { enlarged } from "../exposition/byte-table.ts";
import { eachEntry } from "./entries.ts";
import type { LiveMap, MetricReader } from "./reader.ts";
import { Rows } from "./rows.ts";
import type { Steps } from "../turns.ts";
import { type KeyLabels, Series } from "./series.ts";
import { figureReader } from "./values.ts";

/** The CPU's number is put behind the key's bytes, as one more part of it. */
const CPU_BYTES = 2;

export function cpuReader(metric: MetricView, view: MapView, labels: KeyLabels, monitor: string): MetricReader {
  const { value } = view;
  if (value.kind === "hist" || value.kind === "lhist")
    throw new TypeError(`metric ${metric.name}: the CPUs' histograms of ${view.name} are not told apart`);
  const about = {
    name: metric.name,
    help: metric.help,
    unit: "",
    scale: 1,
    monitor,
    type: "counter",
    ...(metric.bareName === true && { bareName: true as const }),
  } as const;
  let series: Series | undefined;
  let present = 0;
  return {
    *read(map: LiveMap, created: number): Steps<Family> {
      const { keySize, cpus, stride } = map.layout;
      const cpu = { offset: keySize, type: { kind: "int", size: CPU_BYTES, signed: false } } as const;
      series ??= new Series(labels, [...view.keys, cpu], keySize + CPU_BYTES);
      series.refresh(present);
      const found = series;
      const read = figureReader(value, { ...map.layout, cpus: 1 }, true);
      const rows = new Rows(present, series.labels.count);
      const key = new Bytes(new Uint8Array(keySize + CPU_BYTES));
      let figures = new Float64Array(rows.labels.length);
      yield* eachEntry(map, (keys, from, values, at) => {
        keys.buffer.copy(key.buffer, 0, from, from + keySize);
        for (let i = 0; i < cpus; i++) {
          key.view.setUint16(keySize, i, true);
          const labelled = found.find(key, 0);
          if (labelled === undefined || read === undefined) continue;
          const row = rows.find(labelled);
          if (row >= figures.length) figures = enlarged(figures, rows.labels.length);
          figures[row]! += read(values, at + i * stride);
        }
      });
      present = rows.count;
      return { ...about, created, count: rows.count, labels: series.labels, rows: rows.labels, values: figures };
    },
  };
}
