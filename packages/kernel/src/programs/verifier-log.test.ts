import assert from "node:assert/strict";
import { test } from "node:test";
import { readVerifierLog } from "./verifier-log.ts";

// Shapes of logs of several kernel versions.
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
2: R0_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0) R10=fp0
2: (79) r0 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
processed 3 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`,
    want: { reason: "R0 invalid mem access 'map_value_or_null'", slot: 2 },
  },
  {
    name: "6.12, from a branch",
    log: `0: R1=ctx() R10=fp0
; if (@x[tid]) { @ script.bt:3:5
11: (15) if r0 == 0x0 goto pc+2       ; R0=map_value(map=m,ks=4,vs=8)
from 11 to 14: R0=0 R10=fp0
14: R0=0 R10=fp0
14: (79) r1 = *(u64 *)(r0 +16)
R0 invalid mem access 'scalar'
verification time 86 usec
stack depth 8
processed 15 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1
`,
    want: { reason: "R0 invalid mem access 'scalar'", slot: 14 },
  },
  {
    name: "a reason of two lines",
    log: `3: (71) r0 = *(u8 *)(r0 +8)
invalid access to map value, value_size=8 off=8 size=1
R0 min value is outside of the allowed memory range
processed 4 insns (limit 1000000) max_states_per_insn 0
`,
    want: {
      reason:
        "invalid access to map value, value_size=8 off=8 size=1\nR0 min value is outside of the allowed memory range",
      slot: 3,
    },
  },
  {
    name: "before the walk",
    log: "unreachable insn 9\nprocessed 0 insns (limit 1000000)\n",
    want: { reason: "unreachable insn 9", slot: 9 },
  },
  {
    name: "too large",
    log: "5: (0f) r1 += r2\nBPF program is too large. Processed 1000001 insn\nprocessed 1000001 insns (limit 1000000)\n",
    want: { reason: "BPF program is too large. Processed 1000001 insn", slot: 5 },
  },
  { name: "silence", log: "", want: { reason: "", slot: undefined } },
];

for (const { name, log, want } of rows) {
  test(`the reason and the instruction are found: ${name}`, () => assert.deepEqual(readVerifierLog(log), want));
}
