/** Families for tests, from plain rows. */
import { ByteTable } from "../byte-table.ts";
import type { HistogramFamily } from "../family.ts";

/** One bucket of the program for each exported one, whose greatest values are the bounds. */
export function histogramFamily(
  about: { readonly name: string; readonly help: string; readonly unit?: string; readonly created?: number },
  bounds: readonly number[],
  rows: readonly { readonly labels: string; readonly counts: readonly number[]; readonly sum?: number }[],
): HistogramFamily {
  const labels = new ByteTable();
  const indices = rows.map((row) => labels.intern(Buffer.from(row.labels), 0, Buffer.byteLength(row.labels)));
  return {
    type: "histogram",
    unit: "",
    scale: 1,
    ...about,
    count: rows.length,
    labels,
    rows: Uint32Array.from(indices),
    buckets: {
      source: [...bounds, Infinity],
      bounds: bounds.map(String),
      index: Uint16Array.from([...bounds.keys(), bounds.length]),
      bits: undefined,
    },
    counts: Float64Array.from(rows.flatMap((row) => row.counts)),
    sums: rows.some(({ sum }) => sum !== undefined) ? Float64Array.from(rows, ({ sum = 0 }) => sum) : undefined,
  };
}
