import assert from "node:assert/strict";
import { test } from "node:test";
import type { Family } from "./family.ts";
import { renderLabels } from "./labels.ts";
import { negotiate } from "./negotiate.ts";
import { formatNumber, writeExposition } from "./write.ts";

const families: readonly Family[] = [
  {
    type: "counter",
    name: "calls",
    help: "Calls",
    unit: "",
    series: [
      { labels: 'comm="dd"', value: 3 },
      { labels: "", value: 1 },
    ],
  },
  {
    type: "histogram",
    name: "wait_seconds",
    help: 'Time "waited"',
    unit: "seconds",
    bounds: ["0.5", "1"],
    series: [{ labels: 'dev="sda"', counts: [1, 2, 4], sum: 9.5 }],
  },
];

test("the older format names a counter's family as its samples", () => {
  assert.equal(
    [...writeExposition(families, "prometheus")].join(""),
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
  const text = [...writeExposition(families, "openmetrics")].join("");
  assert.match(text, /^# HELP calls Calls\n# TYPE calls counter\ncalls_total\{comm="dd"\} 3\n/);
  assert.match(
    text,
    /# HELP wait_seconds Time \\"waited\\"\n# TYPE wait_seconds histogram\n# UNIT wait_seconds seconds\n/,
  );
  assert.ok(text.endsWith("# EOF\n"));
});

test("long expositions come in pieces", () => {
  const many: Family = {
    type: "gauge",
    name: "g",
    help: "h",
    unit: "",
    series: Array.from({ length: 10_000 }, (_, i) => ({ labels: `i="${i}"`, value: i })),
  };
  const pieces = [...writeExposition([many], "prometheus")];
  assert.ok(pieces.length > 2, `${pieces.length} pieces`);
  assert.equal(pieces.join("").split("\n").length, 10_003);
});

test("hostile label values stay inside their quotes", () => {
  assert.equal(renderLabels(["comm", "file"], ['a"} 1\nx', "c:\\d"]), 'comm="a\\"} 1\\nx",file="c:\\\\d"');
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
  ];
  for (const [accept, want] of table) assert.equal(negotiate(accept), want, String(accept));
});
