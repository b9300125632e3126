/**
 * Brings events from monitors to readers. An event that nobody reads costs a count: its fields are
 * decoded and rendered for readers only, once for all of them.
 */
import type { MonitorView } from "@sonde/bpf/spec";
import type { Value } from "@sonde/runtime";
import { type DecoderContext, Labels } from "@sonde/runtime/decoders";
import { type Family, scalarFamily } from "../exposition/family.ts";
import { renderLabels } from "../exposition/labels.ts";
import { type FieldValue, fieldValue, StreamEvent } from "./event.ts";
import { Subscription } from "./subscription.ts";

export interface StreamInfo {
  readonly name: string;
  readonly monitor: string;
  readonly help: string;
  readonly fields: readonly string[];
  readonly readers: number;
  /** Events so far. */
  readonly events: number;
  /** Events that readers were too slow for, each counted for every such reader. */
  readonly lost: number;
}

export class UnknownStreamError extends Error {
  override readonly name = "UnknownStreamError";
}

export class TooManyReadersError extends Error {
  override readonly name = "TooManyReadersError";
}

/** Told of an event, whether anybody reads the stream or not: its fields as readers get them, and before decoding. */
export type EventObserver = (event: {
  readonly names: readonly string[];
  readonly fields: readonly FieldValue[];
  readonly raw: readonly Value[];
  readonly time: number;
}) => void;

interface Counts {
  events: number;
  lost: number;
}

interface StreamDecoder {
  readonly names: readonly string[];
  /** Of each field: the value that it is made from. */
  readonly parts: readonly number[];
  /** Undefined where a decoder wants the event left out. */
  readonly decode: (values: readonly Value[]) => readonly FieldValue[] | undefined;
}

const MOST_READERS = 64;

/** The stream of what a monitor prints is called as the monitor; each of its events is a line. */
const OUTPUT_FIELDS = ["text"];

export class StreamHub {
  readonly #monitors: () => Iterable<MonitorView>;
  readonly #context: DecoderContext;
  readonly #observer: (monitor: string, stream: string) => EventObserver | undefined;
  readonly #counts = new Map<string, Counts>();
  readonly #readers = new Map<string, Set<Subscription>>();
  readonly #everything = new Set<Subscription>();
  /** By the view itself: an upgraded monitor has another one. */
  readonly #decoders = new WeakMap<MonitorView, Map<string, StreamDecoder>>();

  /**
   * @param monitors what the monitors that are on say of themselves
   * @param observer who within the agent wants the events of a stream
   */
  constructor(
    monitors: () => Iterable<MonitorView>,
    context: DecoderContext = {},
    observer: (monitor: string, stream: string) => EventObserver | undefined = () => undefined,
  ) {
    this.#observer = observer;
    this.#monitors = monitors;
    this.#context = context;
  }

  /** An event of a declared stream. */
  publish(monitor: string, stream: string, values: readonly Value[]): void {
    const readers = this.#counted(stream);
    const observer = this.#observer(monitor, stream);
    if (readers === undefined && observer === undefined) return;
    const { names, parts, decode } = this.#decoder(monitor, stream, values.length);
    const fields = decode(values);
    if (fields === undefined) return;
    observer?.({ names, fields, raw: parts.map((part) => values[part]!), time: Date.now() });
    if (readers !== undefined) this.#deliver(readers, new StreamEvent(monitor, stream, names, fields));
  }

  /** A line that a monitor printed. */
  print(monitor: string, text: string): void {
    const readers = this.#counted(monitor);
    if (readers !== undefined) this.#deliver(readers, new StreamEvent(monitor, monitor, OUTPUT_FIELDS, [text]));
  }

  list(): readonly StreamInfo[] {
    const infos = new Map<string, StreamInfo>();
    const add = (name: string, monitor: string, help: string, fields: readonly string[]): void => {
      const { events, lost } = this.#counts.get(name) ?? { events: 0, lost: 0 };
      infos.set(name, { name, monitor, help, fields, readers: this.#readers.get(name)?.size ?? 0, events, lost });
    };
    for (const { name, help, streams } of this.#monitors()) {
      add(name, name, `What it prints: ${help}`, OUTPUT_FIELDS);
      for (const stream of streams)
        add(
          stream.name,
          name,
          stream.help,
          stream.fields.map((field) => field.name),
        );
    }
    return [...infos.values()];
  }

  /** @throws {UnknownStreamError} {@link TooManyReadersError} */
  subscribe(name: string): Subscription {
    const known = this.list().map((stream) => stream.name);
    if (!known.includes(name))
      throw new UnknownStreamError(`there is no stream '${name}'; there are ${known.join(", ") || "none"}`);
    const readers = this.#readers.get(name) ?? new Set();
    this.#readers.set(name, readers);
    return this.#add(readers, (count) => void (this.#countsOf(name).lost += count));
  }

  /** Every event of every stream, also of those that come later. @throws {TooManyReadersError} */
  subscribeAll(onLost: (count: number) => void): Subscription {
    return this.#add(this.#everything, onLost);
  }

  /** What the agent says of its streams. */
  families(): Family[] {
    const rows = (pick: (counts: Counts) => number) =>
      Array.from(this.#counts, ([name, counts]) => [renderLabels(["stream"], [name]), pick(counts)] as const);
    return [
      scalarFamily(
        "counter",
        { name: "sonde_stream_events", help: "Events of a stream" },
        rows(({ events }) => events),
      ),
      scalarFamily(
        "counter",
        { name: "sonde_stream_lost_events", help: "Events that readers of a stream were too slow for" },
        rows(({ lost }) => lost),
      ),
      scalarFamily("gauge", { name: "sonde_stream_readers", help: "Readers of a stream" }, [
        ...Array.from(this.#readers, ([name, set]) => [renderLabels(["stream"], [name]), set.size] as const),
      ]),
    ];
  }

  /** The readers of a stream; undefined when there is none. */
  #counted(stream: string): Iterable<Subscription> | undefined {
    this.#countsOf(stream).events++;
    const own = this.#readers.get(stream);
    if (this.#everything.size === 0) return own === undefined || own.size === 0 ? undefined : own;
    return own === undefined ? this.#everything : [...own, ...this.#everything];
  }

  #countsOf(stream: string): Counts {
    let counts = this.#counts.get(stream);
    if (counts === undefined) this.#counts.set(stream, (counts = { events: 0, lost: 0 }));
    return counts;
  }

  #deliver(readers: Iterable<Subscription>, event: StreamEvent): void {
    for (const reader of readers) reader.offer(event);
  }

  #add(readers: Set<Subscription>, onLost: (count: number) => void): Subscription {
    const open = [...this.#readers.values()].reduce((sum, set) => sum + set.size, this.#everything.size);
    if (open >= MOST_READERS)
      throw new TooManyReadersError(`${open} readers of streams are connected, which is the limit; close one`);
    const subscription = new Subscription(onLost, () => readers.delete(subscription));
    readers.add(subscription);
    return subscription;
  }

  #decoder(monitor: string, stream: string, parts: number): StreamDecoder {
    for (const view of this.#monitors()) {
      if (view.name !== monitor) continue;
      let known = this.#decoders.get(view);
      if (known === undefined) this.#decoders.set(view, (known = new Map()));
      let decoder = known.get(stream);
      if (decoder === undefined) known.set(stream, (decoder = fieldDecoder(view, stream, parts, this.#context)));
      return decoder;
    }
    return plain(parts);
  }
}

function fieldDecoder(view: MonitorView, stream: string, parts: number, context: DecoderContext): StreamDecoder {
  const declared = view.streams.find(({ name }) => name === stream);
  if (declared === undefined) return plain(parts);
  const { fields } = declared;
  const labels = new Labels(fields, parts, context);
  const decode: StreamDecoder["decode"] = (values) => {
    const texts = labels.decode(values);
    return texts?.map((text, i) => {
      const { decoders, part = i } = fields[i]!;
      // What no decoder has touched keeps its type.
      return decoders.length === 0 ? fieldValue(values[part]!) : text;
    });
  };
  return { names: labels.names, parts: fields.map(({ part }, i) => part ?? i), decode };
}

/** Of a stream that its monitor does not declare: fields by their number. */
function plain(count: number): StreamDecoder {
  const parts = Array.from({ length: count }, (_, i) => i);
  return { names: parts.map((part) => `field${part + 1}`), parts, decode: (values) => values.map(fieldValue) };
}
