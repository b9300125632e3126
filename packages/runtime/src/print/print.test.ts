import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { histogramBucket, histogramBuckets } from "@sonde/bpf/spec";
import type { MapView, ValueView } from "@sonde/bpf/spec";
import type { Reading } from "../decode/reading.ts";
import type { Value } from "../decode/value.ts";
import { compilePrintf } from "../format/printf.ts";
import { jsonSink } from "./json-sink.ts";
import type { MapReading } from "./map-reading.ts";
import { addressesOnly } from "./names.ts";
import type { Sink } from "./sink.ts";
import { textSink } from "./text-sink.ts";

const INT = { kind: "int", size: 8, signed: true } as const;
const NO_OPTIONS = { top: 0, div: 1 };

function collect(make: (write: (text: string) => void) => Sink, use: (sink: Sink) => void): string {
  let text = "";
  use(make((part) => void (text += part)));
  return text;
}

function text(use: (sink: Sink) => void): string {
  return collect(
    (write) => textSink({ write, diagnose: write, names: addressesOnly, quiet: false, verbose: true, warnings: true }),
    use,
  );
}

function json(use: (sink: Sink) => void): string {
  return collect((write) => jsonSink({ write, diagnose: write, names: addressesOnly, warnings: true }), use);
}

function mapOf(name: string, value: ValueView, rows: readonly (readonly [readonly Value[], Reading])[]): MapReading {
  const keys = (rows[0]?.[0] ?? []).map((_, i) => ({ offset: 8 * i, type: INT }));
  const view: MapView = { name, map: name, keys, value, maxEntries: 4096 };
  return { view, rows: rows.map(([key, reading]) => ({ keys: key, value: reading })) };
}

function histOf(values: readonly bigint[], bits: number = 0): Reading {
  const counts = new Float64Array(histogramBuckets(bits));
  for (const value of values) counts[histogramBucket(value, bits)]!++;
  return { kind: "hist", counts, total: undefined };
}

const HIST: ValueView = { kind: "hist", bits: 0, buckets: histogramBuckets(0), perCpu: true };
const COUNT: ValueView = { kind: "count", perCpu: true };
const STATS: ValueView = { kind: "stats", signed: true, perCpu: true };

const GOLDEN = new URL("../../testdata/bpftrace-0.17/", import.meta.url);

/** The calls of testdata/bpftrace-0.17/histograms.bt; the files beside it are what bpftrace 0.17 made of it. */
function histograms(sink: Sink): void {
  const lhist = (min: number, max: number, step: number, values: readonly number[]): [ValueView, Reading] => {
    const buckets = 2 + (max - min) / step;
    const counts = new Float64Array(buckets);
    for (const value of values)
      counts[value < min ? 0 : value >= max ? buckets - 1 : 1 + Math.floor((value - min) / step)]!++;
    return [
      { kind: "lhist", min, max, step, buckets, perCpu: true },
      { kind: "lhist", counts, total: undefined },
    ];
  };
  const print = (name: string, [view, reading]: [ValueView, Reading], key: readonly Value[] = []): void =>
    sink.map(mapOf(name, view, [[key, reading]]), NO_OPTIONS);
  print("@h", [HIST, histOf([5n, 100n, 100n, 5000n, -3n, 0n, 1n, 2n, 2n, 2n, 600000n, 70000000n])]);
  sink.map(
    mapOf("@k", HIST, [
      [["cat", 4], histOf([1024n, 1025n])],
      [["dd", 3], histOf([1n])],
    ]),
    NO_OPTIONS,
  );
  print("@l", lhist(0, 10, 2, [-1, 5, 4, 50]));
  print("@m", lhist(0, 100000, 1000, [30]), ["a"]);
  print("@n", lhist(0, 16384, 2048, [5000, 9000, 100000]));
  print("@o", lhist(0, 8388608, 1048576, [3000000]));
}

test("histograms are those of bpftrace, in text and in JSON", () => {
  // Since then bpftrace has dropped the space at the end of titles.
  const golden = readFileSync(new URL("histograms.txt", GOLDEN), "utf8").replaceAll(/: $/gm, ":");
  assert.equal(text(histograms), golden);
  assert.equal(json(histograms), readFileSync(new URL("histograms.ndjson", GOLDEN), "utf8"));
});

test("intervals of histograms", () => {
  const cases: readonly { name: string; view: ValueView; reading: Reading; want: string }[] = [
    { name: "zero", view: HIST, reading: histOf([0n]), want: "[0]" },
    { name: "half a mebi", view: HIST, reading: histOf([600000n]), want: "[512K, 1M)" },
    { name: "the largest", view: HIST, reading: histOf([2n ** 63n - 1n]), want: "[4E, 8E)" },
    { name: "two bits, narrow", view: { ...HIST, bits: 2 }, reading: histOf([7n], 2), want: "[7]" },
    { name: "two bits, wide", view: { ...HIST, bits: 2 }, reading: histOf([23n], 2), want: "[20, 24)" },
    {
      name: "below",
      view: { kind: "lhist", min: 10, max: 30, step: 10, buckets: 4, perCpu: true },
      reading: { kind: "lhist", counts: Float64Array.of(1, 0, 0, 0), total: undefined },
      want: "(..., 10)",
    },
    {
      name: "a step",
      view: { kind: "lhist", min: 10, max: 30, step: 10, buckets: 4, perCpu: true },
      reading: { kind: "lhist", counts: Float64Array.of(0, 1, 0, 0), total: undefined },
      want: "[10, 20)",
    },
    {
      name: "above",
      view: { kind: "lhist", min: 10, max: 30, step: 10, buckets: 4, perCpu: true },
      reading: { kind: "lhist", counts: Float64Array.of(0, 0, 0, 1), total: undefined },
      want: "[30, ...)",
    },
    {
      name: "kibi steps",
      view: { kind: "lhist", min: 0, max: 1048576, step: 524288, buckets: 4, perCpu: true },
      reading: { kind: "lhist", counts: Float64Array.of(0, 0, 1, 0), total: undefined },
      want: "[512K, 1M)",
    },
  ];
  for (const { name, view, reading, want } of cases) {
    const line = text((sink) => sink.map(mapOf("@", view, [[[], reading]]), NO_OPTIONS)).split("\n")[1] ?? "";
    assert.equal(line.slice(0, 16).trimEnd(), want, name);
  }
});

test("maps are printed from the smallest value to the largest, equal ones by key", () => {
  const count = (value: number): Reading => ({ kind: "count", value });
  const reading = mapOf("@c", COUNT, [
    [["b", 2], count(3)],
    [["b", 1], count(3)],
    [["a", 9], count(1)],
    [["c", 0], count(10)],
  ]);
  assert.equal(
    text((sink) => sink.map(reading, NO_OPTIONS)),
    "@c[a, 9]: 1\n@c[b, 1]: 3\n@c[b, 2]: 3\n@c[c, 0]: 10\n",
  );
  assert.equal(
    text((sink) => sink.map(reading, { top: 2, div: 3 })),
    "@c[b, 2]: 1\n@c[c, 0]: 3\n",
  );
  assert.equal(
    json((sink) => sink.map(reading, { top: 1, div: 1 })),
    '{"type": "map", "data": {"@c": {"c,0": 10}}}\n',
  );
});

test("every kind of value, in text and in JSON", () => {
  const cases: readonly { map: MapReading; text: string; json: string }[] = [
    {
      map: mapOf("@a", { kind: "scalar", type: INT }, [[[], { kind: "scalar", value: 5 }]]),
      text: "@a: 5\n",
      json: '{"type": "map", "data": {"@a": 5}}',
    },
    {
      map: mapOf("@t", { kind: "scalar", type: INT }, [
        [[], { kind: "scalar", value: { kind: "tuple", items: [1, "abc", { kind: "tuple", items: [2, 3] }] } }],
      ]),
      text: "@t: (1, abc, (2, 3))\n",
      json: '{"type": "map", "data": {"@t": [1,"abc",[2,3]]}}',
    },
    {
      map: mapOf("@big", { kind: "scalar", type: INT }, [[[1], { kind: "scalar", value: 2n ** 63n - 1n }]]),
      text: "@big[1]: 9223372036854775807\n",
      json: '{"type": "map", "data": {"@big": {"1": "9223372036854775807"}}}',
    },
    {
      map: mapOf("@r", { kind: "scalar", type: INT }, [
        [[], { kind: "scalar", value: { kind: "record", fields: [{ name: "x", value: [1, 2] }] } }],
      ]),
      text: "@r: { .x = [1,2] }\n",
      json: '{"type": "map", "data": {"@r": {"x": [1,2]}}}',
    },
    {
      map: mapOf("@p", { kind: "scalar", type: INT }, [
        [[{ kind: "pointer", address: 255n }], { kind: "scalar", value: { kind: "enum", value: 1, name: "ONE" } }],
      ]),
      text: "@p[0xff]: ONE\n",
      json: '{"type": "map", "data": {"@p": {"0xff": 1}}}',
    },
    {
      map: mapOf("@av", { ...STATS, kind: "avg" }, [[[], { kind: "avg", count: 2, total: 7 }]]),
      text: "@av: 3\n",
      json: '{"type": "stats", "data": {"@av": 3}}',
    },
    {
      map: mapOf("@s", STATS, [
        [[1], { kind: "stats", count: 1, total: 4 }],
        [[2], { kind: "stats", count: 1, total: -4 }],
      ]),
      text: "@s[2]: { .count = 1, .average = -4, .total = -4 }\n@s[1]: { .count = 1, .average = 4, .total = 4 }\n",
      json: '{"type": "stats", "data": {"@s": {"2": {"count": 1, "average": -4, "total": -4}, "1": {"count": 1, "average": 4, "total": 4}}}}',
    },
    {
      map: mapOf("@hk", HIST, [[["a", 3], histOf([-1n, 1n])]]),
      text: `@hk[a, 3]:\n(..., 0)               1 |${"@".repeat(52)}|\n[0]                    0 |${" ".repeat(52)}|\n[1]                    1 |${"@".repeat(52)}|\n\n`,
      json: '{"type": "hist", "data": {"@hk": {"a,3": [{"max": -1, "count": 1}, {"min": 0, "max": 0, "count": 0}, {"min": 1, "max": 1, "count": 1}]}}}',
    },
    { map: mapOf("@none", COUNT, []), text: "", json: "" },
  ];
  for (const { map, text: wantText, json: wantJson } of cases) {
    assert.equal(
      text((sink) => sink.map(map, NO_OPTIONS)),
      wantText,
    );
    assert.equal(json((sink) => sink.map(map, NO_OPTIONS)).trimEnd(), wantJson);
  }
});

/** The interval that begins at half past three and so many milliseconds, by the clock on this wall. */
function numberOf(milliseconds: number, interval: number): bigint {
  return (BigInt(new Date(2026, 10, 26, 3, 29, 0, milliseconds).getTime()) * 1_000_000n) / BigInt(interval);
}

/** As bpftrace 0.27.1 drew them. */
test("time series are those of bpftrace, in text and in JSON", () => {
  const view = {
    kind: "tseries",
    interval: 200_000_000,
    intervals: 5,
    keep: "min",
    signed: true,
    perCpu: true,
  } as const satisfies ValueView;
  const reading = (points: readonly (readonly [milliseconds: number, value: number])[]): Reading => ({
    kind: "tseries",
    points: points.map(([at, value]) => ({ number: numberOf(at, view.interval), value })),
  });
  const min = mapOf("@min", view, [[[], reading([[200, -30], [400, -10], [600, 10], [1000, 50]])]]); // prettier-ignore
  assert.equal(
    text((sink) => sink.map(min, NO_OPTIONS)),
    `@min:
             -30                                                50
hh:mm:ss.ms  |___________________________________________________|
03:29:00.200 *                  .                                | -30
03:29:00.400 |            *     .                                | -10
03:29:00.600 |                  .      *                         | 10
03:29:00.800 |                  .                                | -
03:29:01.000 |                  .                                * 50
             v___________________________________________________v
             -30                                                50

`,
  );
  const max = mapOf("@max", view, [[["node"], reading([[400, 40], [1000, 100]])], [["tsc"], reading([[200, 30]])]]); // prettier-ignore
  const rows = text((sink) => sink.map(max, NO_OPTIONS)).split("\n");
  assert.equal(rows[3], "03:29:00.400 *                                                   | 40");
  assert.equal(rows[6], "03:29:01.000 |                                                   * 100");
  const alone = rows.indexOf("@max[tsc]:");
  assert.equal(rows[alone + 1], "             29                                                 31");
  assert.equal(rows[alone + 3], "03:29:00.200 |                         *                         | 30");
  assert.equal(rows[alone + 7], "03:29:01.000 |                                                   | -");
  const [one] = [
    mapOf("@", { ...view, interval: 1e9 }, [[[], { kind: "tseries", points: [{ number: 0n, value: 3 }] }]]),
  ];
  assert.match(
    text((sink) => sink.map(one, NO_OPTIONS)),
    /^hh:mm:ss\.ns {8}\|_{51}\|$/m,
  );
  assert.equal(
    json((sink) => sink.map(max, NO_OPTIONS)),
    '{"type": "tseries", "data": {"@max": {"node": [{"interval_start":"2026-11-26 03:29:00.400000000","value":40},{"interval_start":"2026-11-26 03:29:01.000000000","value":100}], "tsc": [{"interval_start":"2026-11-26 03:29:00.200000000","value":30}]}}}\n',
  );
});

test("hostile keys neither move the cursor nor break JSON", () => {
  const reading = mapOf("@", COUNT, [[['\x1b]0;owned\x07"\udcff'], { kind: "count", value: 1 }]]);
  assert.equal(
    text((sink) => sink.map(reading, NO_OPTIONS)),
    '@[\\x1b]0;owned\\x07"\\xff]: 1\n',
  );
  const line = JSON.parse(json((sink) => sink.map(reading, NO_OPTIONS))) as { data: { "@": Record<string, number> } };
  assert.deepEqual(line.data["@"], { '\x1b]0;owned\x07"\ufffd': 1 });
});

test("everything else that sinks print", () => {
  const use = (sink: Sink): void => {
    sink.attachedProbes(1);
    sink.printf(compilePrintf("%s %d\n"), ["a", 1]);
    sink.value({ kind: "tuple", items: [1, 2] });
    sink.time("12:00:00\n");
    sink.lostEvents({
      events: 3,
      cpus: new Map([
        [0, 1],
        [3, 2],
      ]),
    });
    sink.end();
  };
  assert.equal(text(use), "Attached 1 probe\na 1\n(1, 2)\n12:00:00\nLost 3 events (1 on CPU 0, 2 on CPU 3)\n\n");
  assert.equal(
    json(use),
    '{"type": "attached_probes", "count": 1, "data": {"probes": 1}}\n{"type": "printf", "data": "a 1\\n"}\n{"type": "value", "data": [1,2]}\n' +
      '{"type": "time", "data": "12:00:00\\n"}\n{"type": "lost_events", "data": {"events": 3, "cpus": {"0": 1, "3": 2}}}\n',
  );
});
