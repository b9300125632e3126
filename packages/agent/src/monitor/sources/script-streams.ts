/** Streams of a script: what some of its printf() print, by the names that the header gives to the values. */
import type { EventView, MonitorView, ObjectSpec, StreamView } from "@sonde/bpf/spec";
import type { StreamDefinition } from "../definition.ts";
import { MonitorSourceError } from "../source.ts";
import { labelView } from "../view.ts";

export interface StreamedScript {
  readonly spec: ObjectSpec;
  readonly streams: readonly StreamView[];
}

/**
 * The object whose events are these streams, instead of lines of text.
 * @throws {MonitorSourceError} a stream that is none of the script's printf(), or has other values
 */
export function withStreams(file: string, spec: ObjectSpec, definitions: readonly StreamDefinition[]): StreamedScript {
  const { manifest } = spec;
  const named = new Map<number, string>();
  const streams = definitions.map((definition): StreamView => {
    const event = eventOf(file, manifest.events, definition);
    const { name, help, fields } = definition;
    const taken = named.get(event.id);
    if (taken !== undefined) refuse(file, name, `its printf() is the stream ${taken} already`);
    if ([...named.values()].includes(name)) refuse(file, name, "another has the same name");
    named.set(event.id, name);
    if (event.fields.length !== fields.length)
      refuse(file, name, `its printf() has ${event.fields.length} values, and ${fields.length} fields are named`);
    return { name, help, event: event.id, fields: fields.map(labelView) };
  });
  const events = manifest.events.map((event): EventView => {
    const stream = named.get(event.id);
    return stream === undefined ? event : { ...event, action: { kind: "stream", stream } };
  });
  return { spec: { ...spec, manifest: { ...manifest, events } }, streams };
}

function eventOf(file: string, events: readonly EventView[], { name, printf }: StreamDefinition): EventView {
  const formats = events.flatMap(({ action }) => (action.kind === "printf" ? [action.format] : []));
  const [event, more] = events.filter(({ action }) => action.kind === "printf" && action.format.startsWith(printf));
  if (event === undefined) {
    const there = formats.map((format) => JSON.stringify(format)).join(", ") || "none";
    return refuse(file, name, `no printf() begins with ${JSON.stringify(printf)}; there are ${there}`);
  }
  if (more !== undefined)
    return refuse(
      file,
      name,
      `several printf() begin with ${JSON.stringify(printf)}: say more of the one that is meant`,
    );
  return event;
}

/** Whether each metric's exemplars come from a stream that has the value. @throws {MonitorSourceError} */
export function checkExemplars(
  file: string,
  { metrics }: Pick<MonitorView, "metrics">,
  streams: readonly StreamView[],
): void {
  for (const { name, exemplars } of metrics) {
    if (exemplars === undefined) continue;
    const stream = streams.find((one) => one.name === exemplars.stream);
    const names = stream?.fields.map((field) => field.name);
    if (names?.includes(exemplars.value) === true) continue;
    throw new MonitorSourceError(
      names === undefined
        ? `${file}: exemplars of ${name}: there is no stream ${exemplars.stream}; name it under streams`
        : `${file}: exemplars of ${name}: ${exemplars.stream} has no field ${exemplars.value}; it has ${names.join(", ")}`,
    );
  }
}

function refuse(file: string, stream: string, why: string): never {
  throw new MonitorSourceError(`${file}: stream ${stream}: ${why}`);
}
