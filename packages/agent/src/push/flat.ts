/** Families as the flat series that Prometheus stores: a histogram is one series for each bucket, its sum and its count. */
import { exportedCounts, type Family, scaled } from "../exposition/family.ts";
import { parseLabels } from "../exposition/labels.ts";

export interface FlatSeries {
  readonly name: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: number;
}

export function* flatSeries(family: Family): Generator<FlatSeries, void> {
  for (let i = 0; i < family.count; i++) {
    const labels = parseLabels(family.labels.text(family.rows[i]!));
    if (family.type !== "histogram") {
      const name = family.type === "counter" ? `${family.name}_total` : family.name;
      yield { name, labels, value: scaled(family.values[i]!, family.scale) };
      continue;
    }
    const { buckets, sums, scale, name } = family;
    let total = 0;
    for (const [bucket, count] of exportedCounts(family, i).entries()) {
      total += count;
      yield { name: `${name}_bucket`, labels: [...labels, ["le", buckets.bounds[bucket] ?? "+Inf"]], value: total };
    }
    if (sums !== undefined) yield { name: `${name}_sum`, labels, value: scaled(sums[i]!, scale) };
    yield { name: `${name}_count`, labels, value: total };
  }
}
