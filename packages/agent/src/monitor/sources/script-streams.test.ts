import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventView, MetricView, ObjectSpec } from "@sonde/bpf/spec";
import type { StreamDefinition } from "../definition.ts";
import { checkExemplars, withStreams } from "./script-streams.ts";

const INT = { kind: "int", size: 8, signed: true } as const;

/** @param values how many the printf() has */
const printf = (id: number, format: string, values: number): EventView => ({
  id,
  size: 8 + 8 * values,
  action: { kind: "printf", format },
  fields: Array.from({ length: values }, (_, i) => ({ offset: 8 + 8 * i, type: INT })),
});

const script = (...events: readonly EventView[]): ObjectSpec => ({
  name: "m",
  license: "GPL",
  maps: [],
  programs: [],
  btf: new Uint8Array(0),
  manifest: { maps: [], events, config: { printMapsOnExit: false, stackMode: "bpftrace" } },
});

const stream = (name: string, begin: string, ...fields: readonly string[]): StreamDefinition => ({
  name,
  help: "h",
  printf: begin,
  fields: fields.map((field) => ({ name: field, decode: [] })),
});

test("a printf() that the header names is a stream, all others stay lines", () => {
  const spec = script(printf(1, "slow %d %d\n", 2), printf(2, "%d\n", 1));
  const { spec: streamed, streams } = withStreams("m.bt", spec, [stream("slow", "slow ", "pid", "ns")]);
  assert.deepEqual(
    streamed.manifest.events.map(({ action }) => action),
    [
      { kind: "stream", stream: "slow" },
      { kind: "printf", format: "%d\n" },
    ],
  );
  assert.deepEqual(streams, [
    {
      name: "slow",
      help: "h",
      event: 1,
      fields: [
        { name: "pid", decoders: [] },
        { name: "ns", decoders: [] },
      ],
    },
  ]);
});

test("a stream that is no printf(), or another one than it says, is refused", () => {
  const spec = script(printf(1, "slow %d\n", 1), printf(2, "slower %d\n", 1));
  for (const [definitions, message] of [
    [
      [stream("s", "fast", "n")],
      'm.bt: stream s: no printf() begins with "fast"; there are "slow %d\\n", "slower %d\\n"',
    ],
    [
      [stream("s", "slow", "n")],
      'm.bt: stream s: several printf() begin with "slow": say more of the one that is meant',
    ],
    [[stream("s", "slow ", "n", "m")], "m.bt: stream s: its printf() has 1 values, and 2 fields are named"],
    [[stream("s", "slow ", "n"), stream("t", "slow ", "n")], "m.bt: stream t: its printf() is the stream s already"],
    [[stream("s", "slow ", "n"), stream("s", "slower ", "n")], "m.bt: stream s: another has the same name"],
  ] as const)
    assert.throws(() => withStreams("m.bt", spec, definitions), { message });
});

test("exemplars are of a stream that there is, and of a field that it has", () => {
  const metric = (from: string, value: string): { metrics: MetricView[] } => ({
    metrics: [{ map: "@m", name: "m", help: "h", labels: [], exemplars: { stream: from, value } }],
  });
  const { streams } = withStreams("m.bt", script(printf(1, "slow %d\n", 1)), [stream("slow", "slow", "ns")]);
  checkExemplars("m.bt", metric("slow", "ns"), streams);
  assert.throws(() => checkExemplars("m.bt", metric("quick", "ns"), streams), {
    message: "m.bt: exemplars of m: there is no stream quick; name it under streams",
  });
  assert.throws(() => checkExemplars("m.bt", metric("slow", "size"), streams), {
    message: "m.bt: exemplars of m: slow has no field size; it has ns",
  });
});
