import assert from "node:assert/strict";
import { test } from "node:test";
import { exit, mov64Imm, withLabel } from "@sonde/bpf/asm";
import type { AttachTarget, ObjectSpec, ParamView, PlaceView } from "@sonde/bpf/spec";
import { checkParam, ParamError } from "./check.ts";
import { withParams } from "./encode.ts";

/** A parameter that says a part of where the one program is attached. */
function placed(attach: readonly AttachTarget[], ...places: readonly PlaceView[]): ObjectSpec {
  const param: ParamView = {
    name: "where",
    help: "",
    map: ".data",
    offset: 4,
    type: { kind: "string", size: 8 },
    initial: "lo",
    places,
  };
  return {
    name: "made",
    license: "GPL",
    programs: [
      {
        name: "count",
        type: "xdp",
        attach,
        instructions: [withLabel(mov64Imm(0, 2), "count"), exit()],
        functions: new Map(),
        title: "count",
      },
    ],
    maps: [
      {
        name: ".data",
        type: "array",
        keySize: 4,
        valueSize: 12,
        maxEntries: 1,
        flags: 0,
        keyTypeId: 0,
        valueTypeId: 0,
      },
    ],
    btf: new Uint8Array(0),
    manifest: {
      maps: [],
      events: [],
      config: { printMapsOnExit: false, stackMode: "bpftrace" },
      monitor: { name: "made", help: "", enabled: true, metrics: [], streams: [], params: [param] },
    },
  };
}

const where = (value: string): ReadonlyMap<string, string> => new Map([["where", value]]);

test("a parameter moves the targets that it is said of, and is a variable too", () => {
  const spec = placed(
    [
      { kind: "xdp", device: "lo" },
      { kind: "tc", device: "lo", direction: "egress" },
      { kind: "xdp", device: "eth9" },
    ],
    { program: "count", target: 0, field: "device" },
    { program: "count", target: 1, field: "device" },
  );
  const { programs, maps } = withParams(spec, where("eth0"));
  assert.deepEqual(programs[0]?.attach, [
    { kind: "xdp", device: "eth0" },
    { kind: "tc", device: "eth0", direction: "egress" },
    { kind: "xdp", device: "eth9" },
  ]);
  assert.equal(Buffer.from(maps[0]!.data!).toString("latin1"), "\0\0\0\0eth0\0\0\0\0");
  assert.equal(withParams(spec, new Map()).programs[0], spec.programs[0]);
});

test("a manifest that means what is no place is refused", () => {
  const rows: readonly (readonly [AttachTarget, PlaceView])[] = [
    [
      { kind: "xdp", device: "lo" },
      { program: "count", target: 0, field: "kind" },
    ],
    [
      { kind: "tc", device: "lo", direction: "egress" },
      { program: "count", target: 0, field: "direction" },
    ],
    [
      { kind: "xdp", device: "lo" },
      { program: "count", target: 7, field: "device" },
    ],
    [
      { kind: "rawTracepoint", name: "sched_switch" },
      { program: "count", target: 0, field: "name" },
    ],
  ];
  for (const [target, place] of rows)
    assert.throws(
      () => withParams(placed([target], place), where("eth0")),
      (error) => error instanceof ParamError && /program 'count' is attached, which has none/.test(error.message),
    );
});

test("a place has a name", () => {
  const [param] = placed([], { program: "count", target: 0, field: "device" }).manifest.monitor!.params;
  assert.equal(checkParam(param!, "eth0"), "eth0");
  assert.throws(
    () => checkParam(param!, ""),
    /parameter where takes a name, since programs are attached by it, not ""/,
  );
});
