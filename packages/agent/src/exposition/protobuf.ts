/**
 * Families as Prometheus's own protobuf messages (io.prometheus.client.MetricFamily), each after its
 * length: the one exposition that carries native histograms. Field numbers are those of metrics.proto in
 * prometheus/client_model.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { exportedCounts, type Family, type HistogramFamily, scaled } from "./family.ts";
import { parseLabels } from "./labels.ts";
import { nativeHistogram, spansOf } from "./native.ts";

const TYPES = { counter: 0, gauge: 1, histogram: 4 } as const;

const PAUSE = new Uint8Array(0);
/** Series that are written between two pauses. */
const SERIES_OF_A_PART = 512;

/** A message for each family, in parts, with empty pieces where others may have their turn. */
export function* writeProtobuf(families: Iterable<Family>): Generator<Uint8Array, void> {
  for (const family of families) {
    // Its length stands before a message, and a message is its fields one behind the other.
    const parts = [about(family)];
    for (let from = 0; from < family.count; from += SERIES_OF_A_PART) {
      parts.push(series(family, from, Math.min(family.count, from + SERIES_OF_A_PART)));
      yield PAUSE;
    }
    yield new BinaryWriter().uint32(parts.reduce((sum, part) => sum + part.length, 0)).finish();
    yield* parts;
  }
}

function about(family: Family): Uint8Array {
  const writer = new BinaryWriter();
  string(writer, 1, family.type === "counter" ? `${family.name}_total` : family.name);
  string(writer, 2, family.help);
  return writer.tag(3, WireType.Varint).int32(TYPES[family.type]).finish();
}

function series(family: Family, from: number, to: number): Uint8Array {
  const writer = new BinaryWriter();
  for (let i = from; i < to; i++) {
    writer.tag(4, WireType.LengthDelimited).fork();
    for (const [name, value] of parseLabels(family.labels.text(family.rows[i]!))) label(writer, 1, name, value);
    if (family.type === "histogram") histogram(writer, family, i);
    else scalar(writer, family, family.values[i]!);
    writer.join();
  }
  return writer.finish();
}

function scalar(writer: BinaryWriter, family: Family, value: number): void {
  writer.tag(family.type === "counter" ? 3 : 2, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Bit64).double(scaled(value, family.scale));
  if (family.type === "counter") timestamp(writer, 3, family.created);
  writer.join();
}

/**
 *     1 sample_count   2 sample_sum   3 bucket   5 schema   6 zero_threshold   7 zero_count
 *     12 positive_span   13 positive_delta   15 created_timestamp   16 exemplars
 */
function histogram(writer: BinaryWriter, family: HistogramFamily, series: number): void {
  const { buckets, counts, sums, scale } = family;
  const width = buckets.index.length;
  const own = counts.subarray(series * width, (series + 1) * width);
  const total = own.reduce((sum, count) => sum + count, 0);
  writer.tag(7, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).uint64(total);
  writer.tag(2, WireType.Bit64).double(sums === undefined ? Number.NaN : scaled(sums[series]!, scale));
  classicBuckets(writer, family, series);
  const native = nativeHistogram(own, buckets, scale);
  if (native !== undefined) {
    writer.tag(5, WireType.Varint).sint32(native.schema);
    writer.tag(6, WireType.Bit64).double(0);
    writer.tag(7, WireType.Varint).uint64(native.zero);
    const { spans, deltas } = spansOf(native.buckets);
    for (const { offset, length } of spans) {
      writer.tag(12, WireType.LengthDelimited).fork();
      writer.tag(1, WireType.Varint).sint32(offset);
      writer.tag(2, WireType.Varint).uint32(length);
      writer.join();
    }
    // A native histogram without observations is told apart from a classic one by an empty span.
    if (spans.length === 0) writer.tag(12, WireType.LengthDelimited).fork().tag(1, WireType.Varint).sint32(0).join();
    writer.tag(13, WireType.LengthDelimited).fork();
    for (const delta of deltas) writer.sint64(delta);
    writer.join();
  }
  timestamp(writer, 15, family.created);
  writer.join();
}

/** 1 cumulative_count, 2 upper_bound, 3 exemplar */
function classicBuckets(writer: BinaryWriter, family: HistogramFamily, series: number): void {
  const { bounds } = family.buckets;
  let total = 0;
  for (const [i, count] of exportedCounts(family, series).entries()) {
    total += count;
    writer.tag(3, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.Varint).uint64(total);
    writer.tag(2, WireType.Bit64).double(i === bounds.length ? Infinity : Number(bounds[i]));
    const exemplar = family.exemplar?.(series, i);
    if (exemplar !== undefined) {
      writer.tag(3, WireType.LengthDelimited).fork();
      for (const [name, value] of parseLabels(exemplar.labels)) label(writer, 1, name, value);
      writer.tag(2, WireType.Bit64).double(exemplar.value);
      timestamp(writer, 3, exemplar.time);
      writer.join();
    }
    writer.join();
  }
}

function label(writer: BinaryWriter, field: number, name: string, value: string): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  string(writer, 1, name);
  string(writer, 2, value);
  writer.join();
}

/** google.protobuf.Timestamp: 1 seconds, 2 nanos */
function timestamp(writer: BinaryWriter, field: number, milliseconds: number | undefined): void {
  if (milliseconds === undefined) return;
  const seconds = Math.floor(milliseconds / 1000);
  writer.tag(field, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).int64(seconds);
  writer.tag(2, WireType.Varint).int32(Math.floor((milliseconds - seconds * 1000) * 1e6));
  writer.join();
}

/** Encoding makes U+FFFD of what stands for bytes that are no UTF-8. */
function string(writer: BinaryWriter, field: number, text: string): void {
  writer.tag(field, WireType.LengthDelimited).string(text);
}
