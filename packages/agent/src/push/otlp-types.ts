/** The messages of OTLP 1.x that are sent, with the field numbers of opentelemetry-proto. */
import type { MessageType } from "./message.ts";

const anyValue: MessageType = () => ({
  stringValue: [1, "string"],
  boolValue: [2, "bool"],
  doubleValue: [4, "double"],
});
const keyValue: MessageType = () => ({ key: [1, "string"], value: [2, anyValue] });
const resource: MessageType = () => ({ attributes: [1, keyValue] });
const scope: MessageType = () => ({ name: [1, "string"], version: [2, "string"] });

const numberDataPoint: MessageType = () => ({
  startTimeUnixNano: [2, "fixed64"],
  timeUnixNano: [3, "fixed64"],
  asDouble: [4, "double"],
  attributes: [7, keyValue],
});
const histogramDataPoint: MessageType = () => ({
  startTimeUnixNano: [2, "fixed64"],
  timeUnixNano: [3, "fixed64"],
  count: [4, "fixed64"],
  sum: [5, "double"],
  bucketCounts: [6, "fixed64[]"],
  explicitBounds: [7, "double[]"],
  attributes: [9, keyValue],
});
const gauge: MessageType = () => ({ dataPoints: [1, numberDataPoint] });
const sum: MessageType = () => ({
  dataPoints: [1, numberDataPoint],
  aggregationTemporality: [2, "int32"],
  isMonotonic: [3, "bool"],
});
const histogram: MessageType = () => ({ dataPoints: [1, histogramDataPoint], aggregationTemporality: [2, "int32"] });
const metric: MessageType = () => ({
  name: [1, "string"],
  description: [2, "string"],
  unit: [3, "string"],
  gauge: [5, gauge],
  sum: [7, sum],
  histogram: [9, histogram],
});
const scopeMetrics: MessageType = () => ({ scope: [1, scope], metrics: [2, metric] });
const resourceMetrics: MessageType = () => ({ resource: [1, resource], scopeMetrics: [2, scopeMetrics] });
export const exportMetricsRequest: MessageType = () => ({ resourceMetrics: [1, resourceMetrics] });

const logRecord: MessageType = () => ({
  timeUnixNano: [1, "fixed64"],
  severityNumber: [2, "int32"],
  severityText: [3, "string"],
  body: [5, anyValue],
  attributes: [6, keyValue],
  observedTimeUnixNano: [11, "fixed64"],
});
const scopeLogs: MessageType = () => ({ scope: [1, scope], logRecords: [2, logRecord] });
const resourceLogs: MessageType = () => ({ resource: [1, resource], scopeLogs: [2, scopeLogs] });
export const exportLogsRequest: MessageType = () => ({ resourceLogs: [1, resourceLogs] });
