import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { Family } from "../exposition/family.ts";
import { scalarFamily } from "../exposition/family.ts";
import { histogramFamily } from "../exposition/testing/families.ts";
import { Readings } from "../metrics/readings.ts";
import { StreamHub } from "../streams/hub.ts";
import type { PushOptions } from "./options.ts";
import { Push } from "./push.ts";
import { Sender } from "./sender.ts";
import { startReceiver } from "./testing/receiver.ts";
import { oneStep } from "../turns.ts";

/** OTLP's protobuf definitions as OpenTelemetry publishes them, compiled. */
const { opentelemetry } = createRequire(import.meta.url)(
  "@opentelemetry/otlp-transformer/build/src/generated/root",
) as {
  opentelemetry: { proto: { collector: Record<"metrics" | "logs", { v1: Record<string, MessageClass> }> } };
};
interface MessageClass {
  decode(bytes: Uint8Array): unknown;
  toObject(message: unknown, options: object): Record<string, never>;
}

const HOSTILE = 'a"b\\c\nd\udcff';
const families: readonly Family[] = [
  scalarFamily("counter", { name: "calls", help: "Calls", created: 1_700_000_000_000 }, [
    [`comm="${HOSTILE.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`, 2 ** 53],
    ["", 0.5],
  ]),
  histogramFamily(
    { name: "wait_seconds", help: "Waiting", unit: "seconds" },
    [0.5, 1],
    [{ labels: 'dev="sda"', counts: [1, 2, 4], sum: 9.5 }],
  ),
  scalarFamily("gauge", { name: "level", help: "h" }, [["", Number.NaN]]),
];

const options = (more: Partial<PushOptions>): PushOptions => ({
  otlpEncoding: "protobuf",
  interval: 3_600_000,
  labels: { instance: "test" },
  headers: { authorization: "Bearer secret" },
  version: "0",
  report: () => {},
  ...more,
});

async function pushed(more: Partial<PushOptions>): Promise<void> {
  const streams = new StreamHub(() => []);
  const push = new Push(options(more), new Readings(() => oneStep(() => families)), streams);
  streams.print("script", "line 1");
  streams.publish("script", "opens", [7, HOSTILE, 2n ** 63n, true]);
  await push.stop();
}

/** What OTLP's own definitions make of a message, 64-bit integers as text. */
function decoded(service: "metrics" | "logs", name: string, body: Buffer): Record<string, never> {
  const message = opentelemetry.proto.collector[service].v1[name]!;
  return message.toObject(message.decode(body), { longs: String, enums: Number, defaults: false, arrays: false });
}

const WANT_METRICS = {
  resourceMetrics: [
    {
      resource: { attributes: [{ key: "instance", value: { stringValue: "test" } }] },
      scopeMetrics: [
        {
          scope: { name: "sonde", version: "0" },
          metrics: [
            {
              name: "calls",
              description: "Calls",
              unit: "",
              sum: {
                dataPoints: [
                  {
                    attributes: [{ key: "comm", value: { stringValue: 'a"b\\c\nd\ufffd' } }],
                    startTimeUnixNano: "1700000000000000000",
                    asDouble: 2 ** 53,
                  },
                  { startTimeUnixNano: "1700000000000000000", asDouble: 0.5 },
                ],
                aggregationTemporality: 2,
                isMonotonic: true,
              },
            },
            {
              name: "wait_seconds",
              description: "Waiting",
              unit: "s",
              histogram: {
                dataPoints: [
                  {
                    attributes: [{ key: "dev", value: { stringValue: "sda" } }],
                    count: "7",
                    sum: 9.5,
                    bucketCounts: ["1", "2", "4"],
                    explicitBounds: [0.5, 1],
                  },
                ],
                aggregationTemporality: 2,
              },
            },
            { name: "level", description: "h", unit: "", gauge: { dataPoints: [{ asDouble: Number.NaN }] } },
          ],
        },
      ],
    },
  ],
};

/** Without what depends on the moment, and without empty lists. */
function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, own]) => !/^(t|observedT)imeUnixNano$/.test(key) && !(Array.isArray(own) && own.length === 0),
  );
  return Object.fromEntries(kept.map(([key, own]) => [key, timeless(own)]));
}

test("OTLP as protobuf means the same to its published definitions; streams come as logs", async (t) => {
  const receiver = await startReceiver(t);
  await pushed({ otlp: receiver.url });
  const metrics = receiver.received.find(({ url }) => url === "/v1/metrics")!;
  assert.equal(metrics.headers["content-type"], "application/x-protobuf");
  assert.equal(metrics.headers.authorization, "Bearer secret");
  assert.deepEqual(timeless(decoded("metrics", "ExportMetricsServiceRequest", metrics.body)), WANT_METRICS);

  const logs = receiver.received.find(({ url }) => url === "/v1/logs")!;
  const { resourceLogs } = decoded("logs", "ExportLogsServiceRequest", logs.body) as unknown as {
    resourceLogs: { scopeLogs: { logRecords: { body: { stringValue: string }; attributes: unknown[] }[] }[] }[];
  };
  const [line, event] = resourceLogs[0]!.scopeLogs[0]!.logRecords;
  assert.equal(line!.body.stringValue, "line 1");
  assert.deepEqual(event!.attributes.slice(2), [
    { key: "field1", value: { doubleValue: 7 } },
    { key: "field2", value: { stringValue: 'a"b\\c\nd\ufffd' } },
    { key: "field3", value: { stringValue: "9223372036854775808" } },
    { key: "field4", value: { boolValue: true } },
  ]);
});

test("OTLP as JSON is the same message", async (t) => {
  const receiver = await startReceiver(t);
  await pushed({ otlp: receiver.url, otlpEncoding: "json" });
  const { headers, body } = receiver.received.find(({ url }) => url === "/v1/metrics")!;
  assert.equal(headers["content-type"], "application/json");
  const text = body.toString().replace('"asDouble":"NaN"', '"asDouble":null');
  const want = JSON.parse(JSON.stringify(WANT_METRICS)) as unknown;
  assert.deepEqual(timeless(JSON.parse(text)), want);
});

const body = (items: number, size = 10) => ({ bytes: new Uint8Array(size), items });
const senderTo = (url: string, capacity?: number): Sender =>
  new Sender({ name: "test", url, headers: {}, report: () => {}, ...(capacity !== undefined && { capacity }) });

test("what fails for a while is sent again, in order; what is refused is counted", async (t) => {
  const receiver = await startReceiver(t);
  receiver.answers.push(
    { status: 503 },
    { status: 429, headers: { "retry-after": "0" } },
    { status: 200 },
    { status: 400 },
  );
  const sender = senderTo(receiver.url);
  sender.add({ bytes: Buffer.from("first"), items: 3 });
  sender.add({ bytes: Buffer.from("second"), items: 4 });
  sender.add({ bytes: Buffer.from("third"), items: 5 });
  await receiver.until(5);
  await sender.stop(1000);
  assert.deepEqual(
    receiver.received.map((request) => request.body.toString()),
    ["first", "first", "first", "second", "third"],
  );
  const { sent, retries, lost, waiting } = sender.counts;
  assert.deepEqual([sent, retries, lost.refused, lost.full, waiting], [8, 2, 4, 0, 0]);
});

test("while nobody answers, what waits is bounded and the oldest is lost", async () => {
  const sender = senderTo("http://127.0.0.1:1", 1000);
  for (let i = 0; i < 50; i++) sender.add(body(1, 100));
  const { lost, waiting } = sender.counts;
  assert.equal(waiting, 1000);
  assert.equal(lost.full, 40);
  await sender.stop(0);
});
