/** A monitor in a terminal: its streams as tables, its metrics as histograms and lists, or both as JSON. */
export { columnWriter } from "./column-writer.ts";
export { ConditionError } from "./conditions.ts";
export { jsonWriter } from "./json-writer.ts";
export { MonitorSink } from "./monitor-sink.ts";
export type { MonitorSinkOptions } from "./monitor-sink.ts";
export type { MonitorWriter } from "./writer.ts";
