import assert from "node:assert/strict";
import { test } from "node:test";
import type { DataType, LabelView, Manifest, MonitorView } from "@sonde/bpf/spec";
import type { MapReading, Row } from "../print/map-reading.ts";
import { addressesOnly } from "../print/names.ts";
import { columnWriter, ConditionError, jsonWriter, MonitorSink, type MonitorSinkOptions } from "./index.ts";

const U32: DataType = { kind: "int", size: 4, signed: false };
const U64: DataType = { kind: "int", size: 8, signed: false };
const COMM: DataType = { kind: "string", size: 16 };
const plain = (name: string): LabelView => ({ name, decoders: [] });

const MONITOR: MonitorView = {
  name: "m",
  help: "H",
  enabled: true,
  metrics: [
    { map: "@calls", name: "calls", help: "Calls made", labels: [plain("comm")] },
    { map: "@latency", name: "latency_seconds", help: "Latency", unit: "nanoseconds", labels: [] },
  ],
  streams: [
    {
      name: "opens",
      help: "Files opened",
      event: 1,
      fields: [
        plain("pid"),
        plain("comm"),
        { name: "how", decoders: [{ name: "values", values: { 0: "read", 1: "write" } }] },
        plain("bytes"),
      ],
    },
  ],
  params: [],
};

const MANIFEST: Manifest = {
  maps: [
    {
      name: "@calls",
      map: "AT_calls",
      keys: [{ offset: 0, type: COMM }],
      value: { kind: "count", perCpu: false },
      maxEntries: 10,
    },
    {
      name: "@latency",
      map: "AT_latency",
      keys: [],
      value: { kind: "hist", bits: 0, buckets: 5, perCpu: false },
      maxEntries: 1,
    },
  ],
  events: [
    {
      id: 1,
      size: 48,
      action: { kind: "stream", stream: "opens" },
      fields: [U32, COMM, U32, U64].map((type, i) => ({ offset: 8 + 8 * i, type })),
    },
  ],
  config: { printMapsOnExit: true, stackMode: "bpftrace" },
  monitor: MONITOR,
};

interface Shown {
  readonly sink: MonitorSink;
  readonly text: () => string;
  readonly end: () => void;
}

function shown(format: "columns" | "json" | "jsonl", more: Partial<MonitorSinkOptions> = {}, top: number = 20): Shown {
  let text = "";
  const write = (part: string): void => void (text += part);
  const writer =
    format === "columns" ? columnWriter({ write, top, timestamps: false }) : jsonWriter(write, format === "json");
  const sink = new MonitorSink(MONITOR, MANIFEST, { writer, diagnose: () => {}, names: addressesOnly, ...more });
  return { sink, text: () => text, end: () => writer.end() };
}

const calls = (counts: Readonly<Record<string, number>>): MapReading => ({
  view: MANIFEST.maps[0]!,
  rows: Object.entries(counts).map(([comm, value]): Row => ({ keys: [comm], value: { kind: "count", value } })),
});
const latency = (counts: readonly number[]): MapReading => ({
  view: MANIFEST.maps[1]!,
  rows: [{ keys: [], value: { kind: "hist", counts: Float64Array.from(counts), total: undefined } }],
});
/** "TIME" for every time of day. */
const timeless = (text: string): string => text.replace(/\d\d:\d\d:\d\d/g, "TIME");

test("events are rows under one header", () => {
  const { sink, text } = shown("columns");
  sink.stream("opens", [17, "bash", 0, 4096]);
  sink.stream("opens", [123456, "a\u001b[31m\nb", 1, 18446744073709551615n]);
  assert.equal(
    text(),
    [
      "    PID  COMM              HOW                    BYTES\n",
      "     17  bash              read                    4096\n",
      " 123456  a\\x1b[31m\\nb      write             18446744073709551615\n",
    ].join(""),
  );
});

test("chosen fields, in the order chosen; conditions on any field", () => {
  const { sink, text } = shown("columns", {
    fields: ["comm", "pid"],
    conditions: ["how=write", "bytes>=1k", "comm~^n"],
  });
  sink.stream("opens", [1, "node", 1, 1000]);
  sink.stream("opens", [2, "node", 1, 999]);
  sink.stream("opens", [3, "node", 0, 5000]);
  sink.stream("opens", [4, "bash", 1, 5000]);
  assert.equal(text(), "COMM                  PID\nnode                    1\n");
});

const CONDITIONS: readonly (readonly [condition: string, pids: readonly number[]])[] = [
  ["pid=2", [2]],
  ["pid!=2", [1, 3]],
  ["pid>1", [2, 3]],
  ["pid<=2", [1, 2]],
  ["comm=b", [2]],
  ["comm!~[ab]", [3]],
  ["bytes=1ms", [3]],
];
for (const [condition, pids] of CONDITIONS) {
  test(`--filter ${condition}`, () => {
    const { sink, text } = shown("jsonl", { conditions: [condition], fields: ["pid"] });
    sink.stream("opens", [1, "a", 0, 10]);
    sink.stream("opens", [2, "b", 0, 20]);
    sink.stream("opens", [3, "c", 0, 1_000_000]);
    const seen = text()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line).pid);
    assert.deepEqual(seen, pids);
  });
}

const WRONG: readonly (readonly [options: Partial<MonitorSinkOptions>, message: RegExp])[] = [
  [{ fields: ["pd"] }, /there is no field pd; there are pid, comm, how, bytes/],
  [{ conditions: ["pd=1"] }, /there is no field pd/],
  [{ conditions: ["pid"] }, /'pid' is no condition: write FIELD=VALUE/],
  [{ conditions: ["pid>many"] }, /> compares with a number, such as 10, 4k or 1ms, not 'many'/],
  [{ conditions: ["comm~("] }, /is no regular expression/],
];
for (const [options, message] of WRONG) {
  test(`refused: ${JSON.stringify(options)}`, () => {
    assert.throws(() => shown("columns", options), { name: ConditionError.name, message });
  });
}

test("metrics: the largest first, then only what was added since", () => {
  const { sink, text } = shown("columns", {}, 2);
  sink.look([calls({ a: 3, b: 30, c: 7 }), latency([0, 2, 4, 0, 0])], new Date(0));
  sink.look([calls({ a: 3, b: 31, c: 7 }), latency([0, 2, 4, 1, 0])], new Date(0));
  const bar = "@".repeat(52);
  assert.equal(
    timeless(text()),
    [
      "\nTIME\n\nCalls made\nCOMM  VALUE\nb        30\nc         7\n... 1 more\n",
      `\nLatency (nanoseconds)\n[0]                    2 |${bar.slice(26).padEnd(52)}|\n[1]                    4 |${bar}|\n`,
      `\nTIME\n\nCalls made\nCOMM  VALUE\nb         1\n\nLatency (nanoseconds)\n[2, 4)                 1 |${bar}|\n`,
    ].join(""),
  );
});

test("JSON: lines, or one document", () => {
  for (const format of ["json", "jsonl"] as const) {
    const { sink, text, end } = shown(format);
    sink.stream("opens", [1, 'q"', 1, 18446744073709551615n]);
    sink.look([calls({ a: 3 }), latency([0, 2, 0, 0, 0])], new Date(0));
    end();
    const objects =
      format === "json"
        ? JSON.parse(text())
        : text()
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line));
    assert.match(text(), /18446744073709551615/, "exact");
    assert.deepEqual(objects[0], { stream: "opens", pid: 1, comm: 'q"', how: "write", bytes: 18446744073709552000 });
    const time = "1970-01-01T00:00:00.000Z";
    assert.deepEqual(objects.slice(1), [
      { time, metric: "calls", type: "counter", labels: { comm: "a" }, value: 3 },
      {
        time,
        metric: "latency_seconds",
        type: "histogram",
        unit: "nanoseconds",
        labels: {},
        buckets: [{ low: 0, high: 1, count: 2 }],
      },
    ]);
  }
});

test("an empty JSON document is one", () => {
  const { text, end } = shown("json");
  end();
  assert.deepEqual(JSON.parse(text()), []);
});
