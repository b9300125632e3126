/** What each kind of ring-buffer record makes happen, composed once from the manifest. */
import type { EventView, Field, MapView } from "@sonde/bpf/spec";
import type { Bytes } from "../decode/bytes.ts";
import { decoderOf, fieldsDecoder } from "../decode/decoder.ts";
import type { Decoder } from "../decode/decoder.ts";
import { compilePrintf } from "../format/printf.ts";
import type { Sink } from "../print/sink.ts";
import type { MapReaders } from "./maps.ts";

/** Handles the record that starts at an offset. */
export type EventHandler = (source: Bytes, offset: number) => void;

export interface EventContext {
  readonly sink: Sink;
  readonly maps: MapReaders;
  /** The moment in a format of strftime. */
  readonly clock: (format: string) => string;
  /** The program asked to end, with this exit code. */
  readonly exit: (code: number) => void;
}

/** By event id. */
export function eventHandlers(events: readonly EventView[], context: EventContext): ReadonlyMap<number, EventHandler> {
  return new Map(events.map((event) => [event.id, handlerOf(event, context)]));
}

function handlerOf({ action, fields }: EventView, { sink, maps, clock, exit }: EventContext): EventHandler {
  switch (action.kind) {
    case "printf": {
      const format = compilePrintf(action.format);
      const decode = fieldsDecoder(fields);
      return (source, offset) => sink.printf(format, decode(source, offset));
    }
    case "printMap": {
      const view = maps.view(action.map);
      const options = { top: action.top, div: action.div || 1 };
      return () => sink.map(maps.read(view), options);
    }
    case "printValue": {
      if (action.label !== undefined) return entryPrinter(action.label, fields, sink);
      const decode = firstField(fields);
      return (source, offset) => sink.value(decode(source, offset));
    }
    case "clear": {
      const map = maps.live(maps.view(action.map));
      return () => map.clear();
    }
    case "zero": {
      const map = maps.live(maps.view(action.map));
      return () => map.zero();
    }
    case "exit": {
      if (fields.length === 0) return () => exit(0);
      const decode = firstField(fields);
      return (source, offset) => exit(Number(decode(source, offset)) & 0xff);
    }
    case "stream": {
      const { stream } = action;
      const decode = fieldsDecoder(fields);
      return (source, offset) => sink.stream(stream, decode(source, offset));
    }
    case "time": {
      const { format } = action;
      return () => sink.time(clock(format));
    }
  }
}

/** One entry of a map, printed as the map would be if it held nothing else. */
function entryPrinter(name: string, fields: readonly Field[], sink: Sink): EventHandler {
  const keys = fields.slice(0, -1);
  const { type } = fields.at(-1)!;
  const view: MapView = { name, map: name, keys, value: { kind: "scalar", type }, maxEntries: 1 };
  const decode = fieldsDecoder(fields);
  return (source, offset) => {
    const parts = decode(source, offset);
    const value = { kind: "scalar", value: parts.at(-1)! } as const;
    sink.map({ view, rows: [{ keys: parts.slice(0, -1), value }] }, { top: 0, div: 1 });
  };
}

function firstField(fields: readonly Field[]): Decoder {
  const [field] = fields;
  if (field === undefined) throw new Error("the manifest has an event without the field that it needs");
  const decode = decoderOf(field.type);
  return (source, offset) => decode(source, offset + field.offset);
}
