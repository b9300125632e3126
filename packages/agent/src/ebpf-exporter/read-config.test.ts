import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExporterConfig } from "./config.ts";
import { bytesOf, fieldsOf, labelViewOf } from "./labels.ts";
import { goNumber, slotsOf } from "./buckets.ts";
import { readConfig } from "./read-config.ts";

const read = (text: string): ExporterConfig => readConfig("m.yaml", new TextEncoder().encode(text));

/** Every shape that the published examples have, in words of our own. */
const EVERYTHING = `
metrics:
  counters:
    - name: calls_total
      help: Calls
      labels:
        - name: call
          size: 8
          decoders:
            - name: ksym
        - name: op
          size: 1
          padding: 3
          decoders:
            - name: uint
            - name: static_map
              static_map:
                0x1: read
                2: write
                "3": 3
        - name: command
          size: 16
          decoders:
            - name: string
            - name: regexp
              regexps:
                - ^a$
    - name: events
      help: Events sent
      perf_event_array: true
      flush_interval: 1m30s
      labels:
        - { name: cgroup, size: 8, decoders: [{ name: uint }, { name: cgroup }] }
    - name: requests
      labels:
        - { name: device, size: 4, decoders: [{ name: majorminor }] }
      values:
        - { name: requests_total, help: How many }
        - { name: requested_bytes_total }
  histograms:
    - name: latency_seconds
      help: Latency
      bucket_type: exp2
      bucket_min: 0
      bucket_max: 26
      bucket_multiplier: 0.000001
      labels:
        - { name: address, size: 16, decoders: [{ name: inet_ip }] }
        - { name: bucket, size: 8, decoders: [{ name: uint }] }
    - name: sizes
      bucket_type: fixed
      bucket_keys: [5, 10, 50]
      labels:
        - { name: bucket, size: 4, decoders: [{ name: uint }] }
tracing:
  spans:
    - name: a
      ringbuf: b
      labels: []
kaddrs:
  - jiffies
cgroup_id_map:
  name: ids
  regexps:
    - ^.*(system.slice/.*)$
`;

test("every part of the format is read", () => {
  const config = read(EVERYTHING);
  const [calls, events, requests] = config.metrics.counters;
  assert.equal(bytesOf(calls!.labels), 28);
  assert.deepEqual(
    fieldsOf(calls!.labels).map(({ offset, type }) => [offset, type.kind, type.size]),
    [
      [0, "int", 8],
      [8, "int", 1],
      [12, "string", 16],
    ],
  );
  assert.deepEqual(labelViewOf(calls!.labels[1]!, 1), {
    name: "op",
    part: 1,
    decoders: [{ name: "uint" }, { name: "static_map", values: { 1: "read", 2: "write", 3: "3" } }],
  });
  assert.deepEqual([events!.perf_event_array, events!.flush_interval], [true, 90_000]);
  assert.deepEqual(
    requests!.values?.map(({ name }) => name),
    ["requests_total", "requested_bytes_total"],
  );
  assert.equal(config.metrics.histograms.length, 2);
  assert.equal(config.tracing?.spans.length, 1);
  assert.deepEqual(config.kaddrs, ["jiffies"]);
  assert.deepEqual(config.cgroup_id_map, { name: "ids", regexps: ["^.*(system.slice/.*)$"] });
});

const label = "labels: [{ name: bucket, size: 8, decoders: [{ name: uint }] }]";
const histogram = (more: string): string => `metrics: { histograms: [{ name: h, help: h, ${more}, ${label} }] }`;

test("buckets of all four types", () => {
  const slots = (more: string): ReturnType<typeof slotsOf> => slotsOf(read(histogram(more)).metrics.histograms[0]!);
  const exp2 = slots("bucket_type: exp2, bucket_min: 0, bucket_max: 27, bucket_multiplier: 0.000001");
  assert.equal(exp2.slots.length, 28);
  assert.deepEqual(
    [exp2.bounds[0], exp2.bounds[6], exp2.bounds[7], exp2.bounds.at(-1)],
    ["1e-06", "6.4e-05", "0.000128", "134.217728"],
  );
  assert.equal(exp2.sum, 28);
  assert.deepEqual(slots("bucket_type: exp2zero, bucket_min: 0, bucket_max: 3").bounds, ["0", "1", "2", "4"]);
  assert.deepEqual(slots("bucket_type: linear, bucket_min: 1, bucket_max: 3, bucket_multiplier: 10").bounds, [
    "10",
    "20",
    "30",
  ]);
  const fixed = slots("bucket_type: fixed, bucket_keys: [5, 10, 50]");
  assert.deepEqual([fixed.slots, fixed.bounds, fixed.sum], [[5, 10, 50], ["5", "10", "50"], 51]);
});

test("bounds are written as Go writes them", () => {
  const table: readonly (readonly [number, string])[] = [
    [0, "0"],
    [1, "1"],
    [0.1, "0.1"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.5e-7, "1.5e-07"],
    [2 ** 40, "1099511627776"],
    [1e20, "100000000000000000000"],
    [1e21, "1e+21"],
  ];
  for (const [value, want] of table) assert.equal(goNumber(value), want);
});

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ["metrics: [", /^m\.yaml:1: /],
  ["metrics:\n  counters:\n    - help: h\n", /^m\.yaml:3: metrics\.counters\[0\]\.name/],
  ["metrics:\n  counters:\n    - { name: a b, help: h }\n", /^m\.yaml:3: .*a metric's name is/],
  [
    "metrics:\n  counters:\n    - name: a\n      labels:\n        - { name: l, size: 0, decoders: [{ name: uint }] }\n",
    /:5: .*at least 1 byte/,
  ],
  [
    "metrics:\n  counters:\n    - name: a\n      labels: [{ name: l, size: 1, decoders: [] }]\n",
    /at least one decoder/,
  ],
  [
    "metrics:\n  counters:\n    - name: a\n      labels: [{ name: l, size: 1, decoders: [{ name: uint64 }] }]\n",
    /a decoder is one of cgroup, dname/,
  ],
  ["metrics:\n  counters:\n    - { name: a, table: b }\n", /m\.yaml:3: /],
  ["metrics:\n  counters:\n    - { name: a, flush_interval: 10 }\n", /m\.yaml:3: /],
  [histogram("bucket_type: log10"), /bucket_type/],
  [histogram("bucket_type: fixed"), /fixed buckets need bucket_keys/],
  [histogram("bucket_type: linear, bucket_min: 5, bucket_max: 1"), /bucket_max is less than bucket_min/],
  [histogram("bucket_type: linear, bucket_max: 100000"), /more than 4096 buckets/],
  ["programs:\n  - name: a\n", /ebpf_exporter 1, whose programs are C source/],
];
for (const [text, message] of REFUSED) {
  test(`refused: ${String(message)}`, () => assert.throws(() => read(text), { message }));
}
