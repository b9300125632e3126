/** What each kind of ring-buffer record makes happen, composed once from the manifest. */
import type { EventView, Field } from "@sonde/bpf/spec";
import type { BpfMap } from "@sonde/kernel/maps";
import type { Bytes } from "../decode/bytes.ts";
import { decoderOf, fieldsDecoder } from "../decode/decoder.ts";
import type { Decoder } from "../decode/decoder.ts";
import { readText } from "../decode/text.ts";
import type { Value } from "../decode/value.ts";
import { compileLine } from "../format/line.ts";
import { compilePrintf } from "../format/printf.ts";
import { average, type MapReading } from "../print/map-reading.ts";
import type { Sink } from "../print/sink.ts";
import type { MapReaders } from "./maps.ts";

/** Handles the record that starts at an offset. */
export type EventHandler = (source: Bytes, offset: number) => void;

export interface EventContext {
  readonly sink: Sink;
  readonly maps: MapReaders;
  /** The moment in a format of strftime. */
  readonly clock: (format: string) => string;
  /** What cat() and system() do; absent if the object has no such event. */
  readonly commands?: Commands | undefined;
  /** The program said that something is wrong. */
  readonly complained?: () => void;
  /** Takes the watchpoints at an address away. */
  readonly unwatch?: (address: bigint) => void;
  /** A program cannot unwind stacks of a process, whose mm is at an address, before it is told of its code. */
  readonly unwindProcess?: (pid: number, mm: bigint) => void;
  /** The program asked to end, with this exit code. */
  readonly exit: (code: number) => void;
}

/** What runs outside of the session for a program's sake. */
export interface Commands {
  /** The file's text. Throws where it cannot be read. */
  cat(path: string): string;
  /** What the shell's command prints. */
  system(command: string): string;
  /** Makes text that comes from whoever is watched safe inside of a command. */
  readonly quote: (text: string) => string;
}

/** By event id. */
export function eventHandlers(events: readonly EventView[], context: EventContext): ReadonlyMap<number, EventHandler> {
  return new Map(events.map((event) => [event.id, handlerOf(event, context)]));
}

function handlerOf({ action, fields }: EventView, context: EventContext): EventHandler {
  const { sink, maps, clock, exit } = context;
  switch (action.kind) {
    case "cat":
    case "system":
    case "say":
      return textHandler(action, fieldsDecoder(fields), context);
    case "helperError": {
      const decode = firstField(fields);
      return (source, offset) => sink.helperError?.(action.helper, action.place, Number(decode(source, offset)));
    }
    case "join":
      return joinHandler(action.separator, sink);
    case "printEntry": {
      const view = maps.view(action.map);
      const [first] = fields;
      const start = first?.offset ?? 0;
      return (source, offset) => printEntry(maps.readEntry(view, source, offset + start), sink);
    }
    case "skboutput":
      return () => undefined;
    case "unwatch": {
      const decode = firstField(fields);
      return (source, offset) => context.unwatch?.(BigInt(decode(source, offset) as number | bigint));
    }
    case "unwindProcess":
      return ({ view }, offset) =>
        context.unwindProcess?.(view.getUint32(offset + 8, true), view.getBigUint64(offset + 16, true));
    case "printf": {
      const plain = sink.line === undefined ? undefined : compileLine(action.format, fields);
      if (plain !== undefined) return (source, offset) => sink.line?.(plain, source, offset);
      const format = compilePrintf(action.format);
      const decode = fieldsDecoder(fields);
      return (source, offset) => sink.printf(format, decode(source, offset));
    }
    case "printMap": {
      const view = maps.view(action.map);
      const options = { top: action.top, div: action.div || 1 };
      return () => sink.map(maps.read(view), options);
    }
    case "printText":
      return () => sink.value(action.text, true);
    case "printValue": {
      const decode = firstField(fields);
      return (source, offset) => sink.value(decode(source, offset));
    }
    case "clear": {
      const map = maps.live(maps.view(action.map));
      return () => map.clear();
    }
    case "zero": {
      const view = maps.view(action.map);
      const map = maps.live(view);
      const mark = view.value.kind === "scalar" ? view.value.setOffset : undefined;
      if (mark === undefined) return () => map.zero();
      return () => zeroOnly(map, mark);
    }
    case "exit": {
      if (fields.length === 0) return () => exit(action.code ?? 0);
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

/** A value without keys that was written stays one: it is 0 then. */
function zeroOnly(map: BpfMap, mark: number): void {
  const key = new Uint8Array(map.layout.keySize);
  const value = map.lookup(key);
  if (value === undefined) return;
  value.fill(0, 0, mark);
  map.update(key, value);
}

/** What is formatted like printf and goes elsewhere. */
function textHandler(
  action: Extract<EventView["action"], { kind: "cat" | "system" | "say" }>,
  decode: Decoder<Value[]>,
  { sink, commands, complained }: EventContext,
): EventHandler {
  const format = compilePrintf(action.format);
  const plain = (text: string): string => text;
  if (action.kind === "say") {
    const { severity, place } = action;
    return (source, offset) => {
      if (severity === "error") complained?.();
      sink.say(severity, place, format, decode(source, offset));
    };
  }
  if (commands === undefined)
    throw new Error(`${action.kind}() is not run here: nothing that a monitor says is executed outside of the kernel`);
  if (action.kind === "system")
    return (source, offset) =>
      sink.text("syscall", commands.system(format(decode(source, offset), commands.quote, sink.show)));
  return (source, offset) => {
    const path = format(decode(source, offset), plain, sink.show);
    try {
      sink.text("cat", commands.cat(path));
    } catch (error) {
      sink.warning(`cat() cannot read ${path}: ${(error as Error).message}`);
    }
  };
}

/** u32 id, u32 CPU, u32 bytes, u32 count, then texts that each end with NUL. */
function joinHandler(separator: string, sink: Sink): EventHandler {
  return ({ view, buffer }, offset) => {
    const count = view.getUint32(offset + 12, true);
    const end = offset + 16 + view.getUint32(offset + 8, true);
    const texts: string[] = [];
    for (let at = offset + 16; texts.length < count && at < end;) {
      const nul = buffer.indexOf(0, at);
      const stop = nul < 0 || nul > end ? end : nul;
      texts.push(readText(buffer, at, stop - at));
      at = stop + 1;
    }
    sink.text("join", `${texts.join(separator)}\n`);
  };
}

/** An entry of an aggregation: a number where it is one, else as the map would be printed if it held nothing else. */
function printEntry(reading: MapReading, sink: Sink): void {
  const value = reading.rows[0]?.value;
  if (value === undefined) return sink.value(0);
  if (value.kind === "avg") return sink.value(average(value));
  if ("value" in value) return sink.value(value.value);
  sink.map(reading, { top: 0, div: 1 });
}

function firstField(fields: readonly Field[]): Decoder {
  const [field] = fields;
  if (field === undefined) throw new Error("the manifest has an event without the field that it needs");
  const decode = decoderOf(field.type);
  return (source, offset) => decode(source, offset + field.offset);
}
