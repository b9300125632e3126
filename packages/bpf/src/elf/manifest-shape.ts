/** The shapes of the manifest and of attach targets, as they stand in an object's `.sonde` section. */
import { monitorShape } from "./monitor-shape.ts";
import { count, dictionary, either, flag, integer, list, mismatch, oneOf, record, text, variant } from "./shape.ts";
import type { Shape } from "./shape.ts";

export function manifestShape(): Shape {
  return record({
    maps: list(
      record({ name: text, map: text, keys: list(field), value: valueView, maxEntries: count, "other?": other }),
    ),
    events: list(record({ id: count, size: count, action: eventAction, fields: list(field) })),
    "ring?": text,
    "packets?": text,
    "losses?": text,
    "start?": text,
    config: record({
      printMapsOnExit: flag,
      stackMode,
      "demangle?": flag,
      "catBytes?": count,
      "sourceLines?": flag,
      "tracePipe?": flag,
      "packetPages?": count,
      "missingProbes?": oneOf("warn", "ignore"),
    }),
    "unwind?": record({ processes: text, ranges: text, chunks: text, rules: text, outcomes: text }),
    "monitor?": monitorShape(dataType),
  });
}

const other = record({ map: text, countOffset: count });
const stackMode = oneOf("bpftrace", "perf", "raw", "build_id");
const intSize = oneOf(1, 2, 4, 8);

const dataType: Shape = variant(() => ({
  int: { size: intSize, signed: flag },
  bool: { size: oneOf(1) },
  enum: { size: intSize, signed: flag, names: dictionary(text) },
  pointer: { size: oneOf(8) },
  string: { size: count, "cut?": text },
  buffer: { size: count },
  stack: { size: oneOf(16), user: flag, map: text, mode: stackMode, frames: count },
  symbol: { size: oneOf(8, 16), user: flag },
  tuple: { size: count, fields: list(field) },
  record: { size: count, fields: list(field) },
  array: { size: count, length: count, element: dataType },
}));

const field: Shape = record({
  "name?": text,
  offset: count,
  type: (value, path, depth) => dataType(value, path, depth),
});

const merged = { signed: flag, perCpu: flag };
const valueView: Shape = variant(() => ({
  scalar: { type: dataType, "setOffset?": count },
  count: { perCpu: flag, "offset?": count },
  sum: merged,
  min: merged,
  max: merged,
  avg: merged,
  stats: merged,
  hist: { bits: count, buckets: count, "totalOffset?": count, perCpu: flag },
  tseries: { interval: count, intervals: count, keep: oneOf("last", "min", "max", "sum", "avg"), ...merged },
  lhist: {
    min: integer,
    max: integer,
    step: integer,
    "bounds?": list(integer),
    buckets: count,
    "totalOffset?": count,
    perCpu: flag,
  },
}));

const eventAction: Shape = variant(() => ({
  printf: { format: text },
  printMap: { map: text, top: integer, div: integer },
  printValue: {},
  printText: { text },
  clear: { map: text },
  zero: { map: text },
  exit: {},
  time: { format: text },
  stream: { stream: text },
  unwindProcess: {},
}));

export const attachTarget: Shape = variant(() => ({
  run: { when: oneOf("begin", "end") },
  tracepoint: { category: text, name: text },
  rawTracepoint: { name: text },
  btfTracepoint: { name: text },
  kprobe: { symbol: text, "module?": text, "offset?": count, onReturn: flag },
  fentry: { function: text, "module?": text, "program?": count, onReturn: flag },
  uprobe: { path: text, "symbol?": text, "offset?": integer, "pid?": count, onReturn: flag },
  perfEvent: {
    event: either(text, record({ type: count, config: integer })),
    "period?": integer,
    "frequency?": integer,
    cpus: oneOf("one", "all"),
  },
  kprobeMulti: { pattern: text, on: moment },
  uprobeMulti: { path: text, pattern: text, on: moment },
  ksyscall: { name: text, onReturn: flag },
  usdt: { path: text, provider: text, name: text },
  fmodRet: { function: text, "module?": text },
  lsm: { hook: text, cgroup: flag, "path?": text },
  iter: { name: text, "pin?": text },
  freplace: { function: text },
  xdp: { device: text },
  tc: { device: text, direction: oneOf("ingress", "egress") },
  cgroup: { path: text, attachType: cgroupAttachType },
  netfilter: {
    family: oneOf("ipv4", "ipv6"),
    hook: oneOf("prerouting", "input", "forward", "output", "postrouting"),
    priority: integer,
    "defragment?": flag,
  },
  netns: { attachType: oneOf("sk_lookup", "flow_dissector") },
}));

const cgroupAttachType: Shape = (value, path) => {
  if (typeof value !== "string" || !value.startsWith("cgroup_")) mismatch(path, "attach type of control groups");
};

const moment = oneOf("entry", "return", "session");
