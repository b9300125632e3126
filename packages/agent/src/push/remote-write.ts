/**
 * Prometheus remote write 1.0: a WriteRequest of prometheus/prompb/remote.proto, compressed by snappy's
 * block format.
 *
 *     WriteRequest    1 timeseries   3 metadata
 *     TimeSeries      1 labels (sorted by name)   2 samples
 *     Label           1 name   2 value
 *     Sample          1 value (double)   2 timestamp (ms)
 *     MetricMetadata  1 type   2 metric_family_name   4 help   5 unit
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import SnappyJS from "snappyjs";
import type { Family } from "../exposition/family.ts";
import type { Reading } from "../metrics/readings.ts";
import { flatSeries, type FlatSeries } from "./flat.ts";
import type { Body } from "./sender.ts";

export const REMOTE_WRITE_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "application/x-protobuf",
  "content-encoding": "snappy",
  "x-prometheus-remote-write-version": "0.1.0",
};

/** Receivers have limits on the size of a request. */
const MOST_SERIES = 5000;
const TYPES = { counter: 1, gauge: 2, histogram: 3 } as const;

/** A reading as bodies of requests. @param external labels of every series, beside its own */
export function* writeRequests(
  { time, families }: Reading,
  external: Readonly<Record<string, string>>,
): Generator<Body, void> {
  const own = Object.entries(external);
  let writer = new BinaryWriter();
  let items = 0;
  for (const family of families) {
    metadata(writer, family);
    for (const series of flatSeries(family)) {
      timeSeries(writer, series, own, time);
      if (++items < MOST_SERIES) continue;
      yield { bytes: compressed(writer), items };
      writer = new BinaryWriter();
      items = 0;
    }
  }
  if (items > 0) yield { bytes: compressed(writer), items };
}

function metadata(writer: BinaryWriter, family: Family): void {
  writer.tag(3, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).int32(TYPES[family.type]);
  text(writer, 2, family.type === "counter" ? `${family.name}_total` : family.name);
  text(writer, 4, family.help);
  text(writer, 5, family.unit);
  writer.join();
}

function timeSeries(
  writer: BinaryWriter,
  series: FlatSeries,
  external: readonly [string, string][],
  time: number,
): void {
  const given = new Set(series.labels.map(([name]) => name));
  const labels = [
    ["__name__", series.name] as const,
    ...series.labels,
    ...external.filter(([name]) => !given.has(name)),
  ];
  labels.sort(([a], [b]) => (a < b ? -1 : 1));
  writer.tag(1, WireType.LengthDelimited).fork();
  for (const [name, value] of labels) {
    // A label without text is no label.
    if (value === "") continue;
    writer.tag(1, WireType.LengthDelimited).fork();
    text(writer, 1, name);
    text(writer, 2, value);
    writer.join();
  }
  writer.tag(2, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Bit64).double(series.value);
  writer.tag(2, WireType.Varint).int64(time);
  writer.join().join();
}

function text(writer: BinaryWriter, field: number, value: string): void {
  if (value !== "") writer.tag(field, WireType.LengthDelimited).string(value);
}

function compressed(writer: BinaryWriter): Uint8Array {
  return SnappyJS.compress(writer.finish());
}
