import assert from "node:assert/strict";
import { test } from "node:test";
import { exit, loadMap, mov64Imm, withLabel } from "../asm/build.ts";
import { BtfBuilder } from "../btf/builder.ts";
import { describe } from "./describe.ts";
import type { ObjectSpec } from "./spec.ts";

test("an object is described with its maps, programs and manifest", () => {
  const btf = new BtfBuilder();
  const key = btf.array(btf.int("char", 1, "signed"), 16);
  const value = btf.int("u64", 8, "unsigned");
  const spec: ObjectSpec = {
    name: "count",
    license: "GPL",
    btf: btf.encode(),
    maps: [
      {
        name: "AT_",
        type: "percpu_hash",
        keySize: 16,
        valueSize: 8,
        maxEntries: 4096,
        flags: 1,
        keyTypeId: key,
        valueTypeId: value,
      },
      {
        name: ".rodata",
        type: "array",
        keySize: 4,
        valueSize: 2,
        maxEntries: 1,
        flags: 0,
        keyTypeId: 0,
        valueTypeId: 0,
        data: Uint8Array.of(0x0a, 0xff),
      },
    ],
    programs: [
      {
        name: "main",
        type: "tracepoint",
        title: "tracepoint:sched:sched_switch",
        functions: new Map(),
        attach: [{ kind: "tracepoint", name: "sched_switch", category: "sched" }],
        instructions: [withLabel(loadMap(1, "AT_"), "main"), mov64Imm(0, 0), exit()],
      },
    ],
    manifest: { maps: [], events: [], config: { printMapsOnExit: true, stackMode: "bpftrace" } },
  };
  assert.equal(
    describe(spec),
    `object count license GPL

map AT_: percpu_hash key 16 (char [16]) value 8 (u64) max 4096 flags 0x1

map .rodata: array key 4 value 2 max 1
  data 0aff

program main: tracepoint  ; tracepoint:sched:sched_switch
  attach tracepoint category=sched name=sched_switch
main:
   0: r1 = map[AT_] ll
   2: r0 = 0
   3: exit

manifest {
  "maps": [],
  "events": [],
  "config": {
    "printMapsOnExit": true,
    "stackMode": "bpftrace"
  }
}
`,
  );
});
