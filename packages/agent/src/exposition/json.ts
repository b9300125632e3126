/** Families as JSON, in pieces of about 64 kB. Numbers that JSON does not know are text: "NaN", "+Inf". */
import { Chunk } from "./chunk.ts";
import { exportedCounts, type Family, scaled } from "./family.ts";
import { parseLabels } from "./labels.ts";
import { formatNumber } from "./number.ts";

/** Each piece is valid until the next one is asked for. */
export function* writeJson(time: number, families: Iterable<Family>): Generator<Uint8Array, void> {
  const chunk = new Chunk();
  chunk.text(`{"time":"${new Date(time).toISOString()}","metrics":[`);
  let first = true;
  for (const family of families) {
    chunk.text(`${first ? "" : ","}\n${JSON.stringify(metadataOf(family)).slice(0, -1)},"series":[`);
    first = false;
    for (let i = 0; i < family.count; i++) {
      const labels = Object.fromEntries(parseLabels(family.labels.text(family.rows[i]!)));
      chunk.text(`${i === 0 ? "" : ","}\n{"labels":${JSON.stringify(labels)},${figures(family, i)}}`);
      if (chunk.full) yield chunk.take();
    }
    chunk.text("]}");
  }
  chunk.text("\n]}\n");
  yield chunk.take();
}

export interface MetricMetadata {
  readonly name: string;
  readonly type: Family["type"];
  readonly unit: string;
  readonly help: string;
  /** Absent: the agent's own. */
  readonly monitor?: string;
}

export function metadataOf({ name, type, unit, help, monitor }: Family): MetricMetadata {
  return { name, type, unit, help, ...(monitor !== undefined && { monitor }) };
}

function figures(family: Family, series: number): string {
  if (family.type !== "histogram") return `"value":${json(scaled(family.values[series]!, family.scale))}`;
  const { buckets, sums, scale } = family;
  let total = 0;
  const cumulated = Array.from(exportedCounts(family, series), (count, bucket) => {
    total += count;
    return `{"le":"${buckets.bounds[bucket] ?? "+Inf"}","count":${json(total)}}`;
  });
  const sum = sums === undefined ? "" : `"sum":${json(scaled(sums[series]!, scale))},`;
  return `"count":${json(total)},${sum}"buckets":[${cumulated.join(",")}]`;
}

function json(value: number): string {
  return Number.isFinite(value) ? formatNumber(value) : `"${formatNumber(value)}"`;
}
