/** How a monitor is shown: tables for a person, JSON for a program. */
import type { DataType, MapView, MetricType, MetricView, StreamView } from "@sonde/bpf/spec";
import type { Reading } from "../decode/reading.ts";
import type { Value } from "../decode/value.ts";
import type { Cell } from "./cells.ts";

/** A stream as it is shown: the fields that were asked for, in the order that was asked for. */
export interface ShownStream {
  readonly view: StreamView;
  readonly cells: readonly Cell[];
  /** What each cell is made of, for the widths of columns. */
  readonly types: readonly DataType[];
}

export interface ShownMetric {
  readonly view: MetricView;
  readonly type: MetricType;
  readonly value: MapView["value"];
  readonly cells: readonly Cell[];
}

export interface ShownSeries {
  /** Undefined: of all keys that the map had no room for. */
  readonly keys: readonly Value[] | undefined;
  readonly reading: Reading;
}

export interface MonitorWriter {
  /** One event, when it comes. */
  event(stream: ShownStream, values: readonly Value[]): void;
  /** The start of one look at the metrics. */
  look(time: Date): void;
  /** One metric; the largest series first. */
  metric(metric: ShownMetric, series: readonly ShownSeries[]): void;
  /** Text that a script printed itself. */
  text(text: string): void;
  /** Nothing more comes. */
  end(): void;
}
