import assert from "node:assert/strict";
import { test } from "node:test";
import { readVerifierLog } from "./log.ts";

// Logs of several kernel versions, shortened.
const rows = [
  {
    name: "5.10",
    log: `func#0 @0
0: R1=ctx(id=0,off=0,imm=0) R10=fp0
; @ = count()
0: (b7) r1 = 0
1: (85) call bpf_map_lookup_elem#1
last_idx 1 first_idx 0
regs=4 stack=0 before 0: (b7) r1 = 0
 R0_rw=invP(id=0) R10=fp0
2: R0_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0) R10=fp0
2: (79) r0 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
processed 3 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`,
    want: { reason: "R0 invalid mem access 'map_value_or_null'", slot: 2, path: [0, 1, 2], processed: 3 },
  },
  {
    name: "6.12, from a branch",
    log: `0: R1=ctx() R10=fp0
; if (@x[tid]) { @ script.bt:3:5
10: (b7) r0 = 0       ; R0_w=0
11: (15) if r0 == 0x0 goto pc+2       ; R0=map_value(map=m,ks=4,vs=8)
12: (b7) r0 = 1       ; R0_w=1
13: (95) exit
from 11 to 14: R0=0 R10=fp0
14: R0=0 R10=fp0
14: (79) r1 = *(u64 *)(r0 +16)
R0 invalid mem access 'scalar'
verification time 86 usec
stack depth 8
processed 15 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1
`,
    want: { reason: "R0 invalid mem access 'scalar'", slot: 14, path: [10, 11, 14], processed: 15 },
  },
  {
    name: "the other way of each turn of a loop",
    log: `0: (b7) r0 = 0
1: (07) r0 += 1
2: (55) if r6 != 0x7 goto pc-2
from 2 to 1: R0=1 R10=fp0
1: (07) r0 += 1
2: (55) if r6 != 0x7 goto pc-2
3: (95) exit
from 2 to 5: R0=2 R10=fp0
5: (bf) r0 = r5
R5 !read_ok
`,
    want: { reason: "R5 !read_ok", slot: 5, path: [0, 1, 2, 1, 2, 5], processed: undefined },
  },
  {
    name: "a reason of two lines",
    log: `3: (71) r0 = *(u8 *)(r0 +8)
 R0_w=map_value(id=0,off=0,ks=4,vs=8,imm=0) R10=fp0 fp-8=mmmm????
invalid access to map value, value_size=8 off=8 size=1
R0 min value is outside of the allowed memory range
processed 4 insns (limit 1000000) max_states_per_insn 0
`,
    want: {
      reason:
        "invalid access to map value, value_size=8 off=8 size=1\nR0 min value is outside of the allowed memory range",
      slot: 3,
      path: [3],
      processed: 4,
    },
  },
  {
    name: "states after the reason",
    log: `1: (57) r0 &= 1                       ; R0=0
infinite loop detected at insn 1
cur state: R0=0 R1=ctx() R10=fp0
old state: R0=P0 R1=ctx() R10=fp0
`,
    want: { reason: "infinite loop detected at insn 1", slot: 1, path: [1], processed: undefined },
  },
  {
    name: "before the walk",
    log: "unreachable insn 9\nprocessed 0 insns (limit 1000000)\n",
    want: { reason: "unreachable insn 9", slot: 9, path: [], processed: 0 },
  },
  {
    name: "only the end, cut in a line",
    log: "0x0 goto pc-2 ; R0=3\n5: (0f) r1 += r2\nBPF program is too large. Processed 1000001 insn\nprocessed 1000001 insns (limit 1000000)\n",
    want: { reason: "BPF program is too large. Processed 1000001 insn", slot: 5, path: [5], processed: 1000001 },
  },
  { name: "silence", log: "", want: { reason: "", slot: undefined, path: [], processed: undefined } },
];

for (const { name, log, want } of rows) {
  test(`reason, instruction and path are found: ${name}`, () => {
    const { reason, slot, path, statistics } = readVerifierLog(log);
    assert.deepEqual({ reason, slot, path: path.map((step) => step.slot), processed: statistics?.processed }, want);
  });
}

test("a step has its instruction, source and states", () => {
  const { path } = readVerifierLog(rows[1]!.log);
  assert.deepEqual(
    path.map(({ instruction, source, before, after }) => ({ instruction, source, before, after })),
    [
      { instruction: "r0 = 0", source: "if (@x[tid]) { @ script.bt:3:5", before: "R1=ctx() R10=fp0", after: "R0_w=0" },
      { instruction: "if r0 == 0x0 goto pc+2", source: undefined, before: "", after: "" },
      { instruction: "r1 = *(u64 *)(r0 +16)", source: undefined, before: "R0=0 R10=fp0", after: "" },
    ],
  );
});

test("a log of a quarter of a million steps is read within two seconds", () => {
  const turn =
    "1: (07) r0 += 1                       ; R0=0x51ea0\n2: (55) if r0 != 0x989680 goto pc-2   ; R0=0x51ea0\n";
  const started = process.cpuUsage();
  assert.equal(readVerifierLog(turn.repeat(125_000)).path.length, 250_000);
  const { user, system } = process.cpuUsage(started);
  assert.ok(user + system < 2_000_000, `${(user + system) / 1000} ms`);
});
