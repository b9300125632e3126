/** The shape of what an object says of itself as a monitor. */
import { count, dictionary, flag, mismatch, list, number, oneOf, record, text } from "./shape.ts";
import type { Shape } from "./shape.ts";

/** @param dataType the shape of a DataType */
export function monitorShape(dataType: Shape): Shape {
  return record({
    name: text,
    help: text,
    "version?": text,
    enabled: flag,
    metrics: list(metric),
    streams: list(record({ name: text, help: text, event: count, fields: list(label) })),
    params: list(
      record({
        name: text,
        "short?": text,
        help: text,
        map: text,
        offset: count,
        type: dataType,
        initial,
        "min?": number,
        "max?": number,
        "places?": list(record({ program: text, target: count, field: text })),
      }),
    ),
    "budget?": record({ "series?": count, "cpu?": number, "comeBack?": number }),
    "filter?": filter,
    "cgroupMap?": record({ map: text, patterns: list(text) }),
  });
}

const initial: Shape = (value, path) => {
  if (!["number", "boolean", "string"].includes(typeof value)) mismatch(path, "number, boolean or string");
};

const label = record({
  name: text,
  "part?": count,
  decoders: list(record({ name: text, "values?": dictionary(text), "patterns?": list(text), "key?": text })),
});

const filter = record({
  "pids?": list(count),
  "comms?": list(text),
  "cgroups?": list(text),
  "containers?": list(text),
  "pods?": list(text),
  "namespaces?": list(text),
  "labels?": dictionary(text),
});

const metric = record({
  map: text,
  name: text,
  help: text,
  "type?": oneOf("counter", "gauge", "histogram"),
  "unit?": text,
  labels: list(label),
  "buckets?": record({ min: number, max: number }),
  "exemplars?": record({ stream: text, value: text }),
  "slots?": record({ slots: list(count), upper: list(number), bounds: list(text), sum: count, scale: number }),
  "cpuLabel?": text,
  "bareName?": flag,
  "lifetime?": count,
});
