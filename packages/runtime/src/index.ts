/** A session: an object loaded, attached, read, decoded, and handed to a sink. */
export { Bytes } from "./decode/bytes.ts";
export { fieldsDecoder } from "./decode/decoder.ts";
export { add, compare, divide } from "./decode/integer.ts";
export type { Reading } from "./decode/reading.ts";
export type {
  EnumValue,
  Integer,
  PointerValue,
  RecordValue,
  StackValue,
  SymbolValue,
  TupleValue,
  Value,
} from "./decode/value.ts";
export { escapeTerminal, jsonString } from "./format/escape.ts";
export type { Escape } from "./format/escape.ts";
export type { Printf } from "./format/printf.ts";
export { descriptorOutput } from "./output/output.ts";
export type { Buffering, Output } from "./output/output.ts";
export { boundsOf } from "./print/histogram.ts";
export type { HistogramView } from "./print/histogram.ts";
export { average } from "./print/map-reading.ts";
export type { MapReading, Row } from "./print/map-reading.ts";
export { addressesOnly } from "./print/names.ts";
export type { Names } from "./print/names.ts";
export { showValue } from "./print/show.ts";
export type { Notation } from "./print/show.ts";
export type { LostEvents, MapOptions, Sink } from "./print/sink.ts";
export type { Child, ChildExit } from "./processes/child.ts";
export type { WatchedProcess } from "./processes/watched.ts";
export { type LossTotals, NOTHING_LOST } from "./session/losses.ts";
export { type LiveMaps, MapReaders } from "./session/maps.ts";
export { Session } from "./session/session.ts";
export type { Outcome, SessionOptions } from "./session/session.ts";
export { startSession } from "./session/start.ts";
export type { SinkOptions, StartOptions } from "./session/start.ts";
export type { StackReader } from "./stacks/names.ts";
