/** Readings and stream events as OTLP: requests of the metrics and the logs service. */
import { exportedCounts, type Family, type HistogramFamily, scaled } from "../exposition/family.ts";
import { parseLabels } from "../exposition/labels.ts";
import type { Reading } from "../metrics/readings.ts";
import type { FieldValue, StreamEvent } from "../streams/event.ts";
import { encodeMessage, type Message, type MessageType } from "./message.ts";
import { exportLogsRequest, exportMetricsRequest } from "./otlp-types.ts";
import type { Body } from "./sender.ts";

export interface OtlpOptions {
  readonly encoding: "protobuf" | "json";
  /** Attributes of the resource. */
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
}

/** Receivers have limits on the size of a request. */
const MOST_POINTS = 5000;
/** AGGREGATION_TEMPORALITY_CUMULATIVE */
const CUMULATIVE = 2;
/** SEVERITY_NUMBER_INFO */
const INFO = 9;
/** As UCUM spells them. */
const UNITS: Readonly<Record<string, string>> = { seconds: "s", bytes: "By" };

export function* metricsRequests({ time, families }: Reading, options: OtlpOptions): Generator<Body, void> {
  let metrics: Message[] = [];
  let items = 0;
  for (const family of families) {
    for (let from = 0; from < family.count; from += MOST_POINTS) {
      const to = Math.min(family.count, from + MOST_POINTS);
      if (items + to - from > MOST_POINTS) {
        yield metricsBody(metrics, items, options);
        [metrics, items] = [[], 0];
      }
      metrics.push(metricOf(family, from, to, time));
      items += to - from;
    }
  }
  if (items > 0) yield metricsBody(metrics, items, options);
}

export function logsRequest(events: readonly StreamEvent[], options: OtlpOptions): Body {
  const logRecords = events.map(logRecord);
  const { resource, scope } = origin(options);
  const message = { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] };
  return { bytes: encoded(exportLogsRequest, message, options), items: events.length };
}

function metricsBody(metrics: readonly Message[], items: number, options: OtlpOptions): Body {
  const { resource, scope } = origin(options);
  const message = { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] };
  return { bytes: encoded(exportMetricsRequest, message, options), items };
}

function origin({ labels, version }: OtlpOptions): { readonly resource: Message; readonly scope: Message } {
  return { resource: { attributes: attributesOf(Object.entries(labels)) }, scope: { name: "sonde", version } };
}

function metricOf(family: Family, from: number, to: number, time: number): Message {
  const points = Array.from({ length: to - from }, (_, i) => pointOf(family, from + i, time));
  const about = { name: family.name, description: family.help, unit: UNITS[family.unit] ?? "" };
  switch (family.type) {
    case "gauge":
      return { ...about, gauge: { dataPoints: points } };
    case "counter":
      return { ...about, sum: { dataPoints: points, aggregationTemporality: CUMULATIVE, isMonotonic: true } };
    case "histogram":
      return { ...about, histogram: { dataPoints: points, aggregationTemporality: CUMULATIVE } };
  }
}

function pointOf(family: Family, series: number, time: number): Message {
  const common = {
    attributes: attributesOf(parseLabels(family.labels.text(family.rows[series]!))),
    startTimeUnixNano: family.created === undefined ? undefined : nanoseconds(family.created),
    timeUnixNano: nanoseconds(time),
  };
  if (family.type === "histogram") return { ...common, ...distribution(family, series) };
  return { ...common, asDouble: json(scaled(family.values[series]!, family.scale)) };
}

function distribution(family: HistogramFamily, series: number): Message {
  const { buckets, sums, scale } = family;
  const counts = Array.from(exportedCounts(family, series));
  return {
    count: String(counts.reduce((sum, count) => sum + count, 0)),
    sum: sums === undefined ? undefined : json(scaled(sums[series]!, scale)),
    bucketCounts: counts.map(String),
    explicitBounds: buckets.bounds.map(Number),
  };
}

function logRecord(event: StreamEvent): Message {
  const { names, values } = event;
  const only = names.length === 1 && names[0] === "text" ? String(values[0]) : undefined;
  const fields = names.map((key, i) => ({ key, value: valueOf(values[i]!) }));
  const time = nanoseconds(event.time);
  return {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber: INFO,
    severityText: "INFO",
    body: { stringValue: only ?? event.json },
    attributes: [
      ...attributesOf([
        ["sonde.monitor", event.monitor],
        ["sonde.stream", event.stream],
      ]),
      ...(only === undefined ? fields : []),
    ],
  };
}

function attributesOf(labels: readonly (readonly [string, string])[]): Message[] {
  return labels.map(([key, value]) => ({ key, value: { stringValue: value } }));
}

function valueOf(value: FieldValue): Message {
  if (typeof value === "boolean") return { boolValue: value };
  return typeof value === "number" ? { doubleValue: value } : { stringValue: String(value) };
}

/** Protobuf's JSON spells what JSON has no number for. */
function json(value: number): number | string {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

function nanoseconds(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds)) * 1_000_000n);
}

function encoded(type: MessageType, message: Message, { encoding }: OtlpOptions): Uint8Array {
  if (encoding === "protobuf") return encodeMessage(type, message);
  // Unpaired surrogates, which stand for bytes that are no UTF-8, become U+FFFD when they are encoded.
  return Buffer.from(JSON.stringify(message), "utf8");
}
