import assert from "node:assert/strict";
import { test } from "node:test";
import { type Exemplar, type Family, type HistogramFamily, scalarFamily } from "./family.ts";
import { parseLabels, renderLabels } from "./labels.ts";
import { negotiate } from "./negotiate.ts";
import { formatNumber, NUMBER_ROOM, writeNumber } from "./number.ts";
import { histogramFamily } from "./testing/families.ts";
import { type TextOptions, writeExposition } from "./write.ts";

const families: readonly Family[] = [
  scalarFamily("counter", { name: "calls", help: "Calls", created: 1_700_000_000_123 }, [
    ['comm="dd"', 3],
    ["", 1],
  ]),
  histogramFamily(
    { name: "wait_seconds", help: 'Time "waited"', unit: "seconds" },
    [0.5, 1],
    [{ labels: 'dev="sda"', counts: [1, 2, 4], sum: 9.5 }],
  ),
];

function textOf(written: Iterable<Family>, options: TextOptions): string {
  return Array.from(writeExposition(written, options), (piece) => Buffer.from(piece).toString()).join("");
}

test("the older format names a counter's family as its samples", () => {
  assert.equal(
    textOf(families, { format: "prometheus" }),
    `# HELP calls_total Calls
# TYPE calls_total counter
calls_total{comm="dd"} 3
calls_total 1
# HELP wait_seconds Time "waited"
# TYPE wait_seconds histogram
wait_seconds_bucket{dev="sda",le="0.5"} 1
wait_seconds_bucket{dev="sda",le="1"} 3
wait_seconds_bucket{dev="sda",le="+Inf"} 7
wait_seconds_sum{dev="sda"} 9.5
wait_seconds_count{dev="sda"} 7
`,
  );
});

test("OpenMetrics says the unit, escapes quotes in help and ends with EOF", () => {
  const text = textOf(families, { format: "openmetrics" });
  assert.match(text, /^# HELP calls Calls\n# TYPE calls counter\ncalls_total\{comm="dd"\} 3\n/);
  assert.match(
    text,
    /# HELP wait_seconds Time \\"waited\\"\n# TYPE wait_seconds histogram\n# UNIT wait_seconds seconds\n/,
  );
  assert.ok(text.endsWith("# EOF\n"));
});

test("when a series began is told to who asks", () => {
  const text = textOf(families, { format: "openmetrics", created: true });
  assert.match(
    text,
    /^calls_total\{comm="dd"\} 3\ncalls_created\{comm="dd"\} 1700000000.123\ncalls_total 1\ncalls_created 1700000000.123\n/m,
  );
  assert.doesNotMatch(textOf(families, { format: "prometheus", created: true }), /_created/);
});

test("an exemplar stands behind the count of its bucket", () => {
  const histogram = families[1] as HistogramFamily;
  const exemplar = (_series: number, bucket: number): Exemplar | undefined =>
    bucket === 1 ? { labels: 'pid="7"', value: 0.75, time: 1_700_000_000_500 } : undefined;
  const text = textOf([{ ...histogram, exemplar }], { format: "openmetrics" });
  assert.match(text, /le="1"\} 3 # \{pid="7"\} 0.75 1700000000.500\n/);
  assert.equal(text.split(" # {").length, 2);
});

test("long expositions come in pieces, and lines longer than a piece come whole", () => {
  const rows = Array.from({ length: 10_000 }, (_, i) => [`i="${i}"`, i] as const);
  const long = [`l="${"x".repeat(200_000)}"`, 1] as const;
  const many = scalarFamily("gauge", { name: "g", help: "h" }, [...rows, long]);
  let pieces = 0;
  let text = "";
  for (const piece of writeExposition([many], { format: "prometheus" })) {
    pieces++;
    text += Buffer.from(piece).toString();
  }
  assert.ok(pieces > 2, `${pieces} pieces`);
  assert.equal(text.split("\n").length, 10_004);
  assert.ok(text.endsWith(`x"} 1\n`));
});

test("hostile label values stay inside their quotes", () => {
  const values = ['a"} 1\nx', "c:\\d"];
  const text = renderLabels(["comm", "file"], values);
  assert.equal(text, 'comm="a\\"} 1\\nx",file="c:\\\\d"');
  assert.deepEqual(parseLabels(text), [
    ["comm", values[0]],
    ["file", values[1]],
  ]);
});

test("floats as the formats spell them", () => {
  assert.deepEqual([1, 0.25, 1e21, Number.NaN, Infinity, -Infinity].map(formatNumber), [
    "1",
    "0.25",
    "1e+21",
    "NaN",
    "+Inf",
    "-Inf",
  ]);
});

test("numbers are written as bytes like they are formatted", () => {
  const target = Buffer.alloc(NUMBER_ROOM);
  const values = [
    0,
    -0,
    1,
    9,
    10,
    99,
    123_456_789,
    999_999_999,
    1e9,
    1_000_000_001,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    2 ** 63,
  ];
  for (const value of [...values, -1, 0.1, -1e-300, 5e-324, 1.7976931348623157e308, Number.NaN, Infinity, -Infinity])
    assert.equal(target.toString("latin1", 0, writeNumber(value, target, 0)), formatNumber(value));
});

test("format by Accept header", () => {
  const table: readonly (readonly [string | undefined, string])[] = [
    [undefined, "prometheus"],
    ["*/*", "prometheus"],
    ["text/plain", "prometheus"],
    ["application/openmetrics-text", "openmetrics"],
    // What Prometheus 2.42 sends.
    ["application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "openmetrics"],
    ["application/openmetrics-text;version=2.0.0", "prometheus"],
    ["application/openmetrics-text;q=0.2,text/plain", "prometheus"],
    ["application/openmetrics-text;q=0", "prometheus"],
    // What Prometheus 2.42 sends when it is to take native histograms.
    [
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "protobuf",
    ],
    ["application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", "prometheus"],
  ];
  for (const [accept, want] of table) assert.equal(negotiate(accept), want, String(accept));
});
