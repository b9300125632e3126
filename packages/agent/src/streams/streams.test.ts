import assert from "node:assert/strict";
import { test } from "node:test";
import type { MonitorView } from "@sonde/bpf/spec";
import { StreamHub, TooManyReadersError, UnknownStreamError } from "./hub.ts";

const view: MonitorView = {
  name: "files",
  help: "Files opened",
  enabled: true,
  metrics: [],
  streams: [
    {
      name: "opens",
      help: "Each open",
      event: 1,
      fields: [
        { name: "pid", decoders: [] },
        { name: "file", decoders: [] },
        { name: "how", part: 2, decoders: [{ name: "values", values: { 1: "write" } }] },
      ],
    },
  ],
  params: [],
};
const hub = (): StreamHub => new StreamHub(() => [view]);

test("events come to readers with typed fields, decoded where a decoder is named", async () => {
  const streams = hub();
  streams.publish("files", "opens", [1, "before anybody listens", 0]);
  const reader = streams.subscribe("opens");
  streams.publish("files", "opens", [7, 'a"\n\udcff', 1]);
  streams.publish("files", "opens", [2n ** 63n, "b", 2]);
  const delivery = await reader.take(1000);
  assert.deepEqual(
    delivery?.events.map((event) => (JSON.parse(event.json) as { fields: unknown }).fields),
    [
      { pid: 7, file: 'a"\n\ufffd', how: "write" },
      { pid: 9223372036854775808, file: "b", how: "2" },
    ],
  );
  const [info] = streams.list().filter(({ name }) => name === "opens");
  assert.deepEqual([info?.events, info?.readers, info?.lost, info?.fields], [3, 1, 0, ["pid", "file", "how"]]);
  reader.close();
  assert.equal(await reader.take(1000), undefined);
});

test("what a script prints is a stream of its own", async () => {
  const streams = hub();
  const reader = streams.subscribe("files");
  streams.print("files", "hello");
  const delivery = await reader.take(1000);
  assert.deepEqual(delivery?.events[0]?.values, ["hello"]);
});

test("a slow reader loses counted events; a quick one beside it loses none", async () => {
  const streams = hub();
  const slow = streams.subscribe("files");
  const quick = streams.subscribe("files");
  let seen = 0;
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 1000; i++) streams.print("files", "x");
    seen += (await quick.take(1000))?.events.length ?? 0;
  }
  const delivery = await slow.take(1000);
  assert.equal(seen, 10_000);
  assert.equal((delivery?.events.length ?? 0) + (delivery?.lost ?? 0), 10_000);
  assert.ok((delivery?.lost ?? 0) > 0);
  assert.equal(streams.list()[0]?.lost, delivery?.lost);
});

test("names that are none, and more readers than there may be", () => {
  const streams = hub();
  assert.throws(() => streams.subscribe("nothing"), UnknownStreamError);
  const readers = Array.from({ length: 64 }, () => streams.subscribe("opens"));
  assert.throws(() => streams.subscribe("opens"), TooManyReadersError);
  readers[0]!.close();
  streams.subscribe("opens");
});
