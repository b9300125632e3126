import assert from "node:assert/strict";
import { test } from "node:test";
import { readVerifierLog } from "./log.ts";
import { lastState, registersInvolved } from "./registers.ts";
import { describeState } from "./words.ts";

// As several kernel versions write them.
const states: readonly (readonly [state: string, words: string])[] = [
  ["map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0)", "an address in a value (8 bytes) of a map, or null"],
  ["map_value_or_null(id=1,map=m,ks=4,vs=8)", "an address in a value (8 bytes) of map 'm', or null"],
  [
    "map_value(map=m,ks=4,vs=64,smin=smin32=-8,smax=smax32=8)",
    "an address in a value (64 bytes) of map 'm', moved by a number from -8 to 8",
  ],
  ["map_value(id=0,off=8,ks=4,vs=64,imm=0)", "an address in a value (64 bytes) of a map"],
  ["map_ptr(map=m,ks=4,vs=8)", "the map 'm' itself"],
  ["ctx()", "the program's context"],
  ["fp-16", "an address on the stack, 16 bytes below its upper end"],
  ["5", "the number 5"],
  ["inv0", "the number 0"],
  ["invP7", "the number 7"],
  ["P-3", "the number -3"],
  ["0x51e9f", "the number 0x51e9f"],
  ["inv(id=0)", "a number that may be anything"],
  ["scalar()", "a number that may be anything"],
  ["Pscalar()", "a number that may be anything"],
  ["invP(id=0,umax_value=127,var_off=(0x0; 0x7f))", "a number from 0 to 127"],
  ["scalar(smin=smin32=0,smax=umax=smax32=umax32=127,var_off=(0x0; 0x7f))", "a number from 0 to 127"],
  ["scalar(smin=-8,smax=8)", "a number from -8 to 8"],
  ["inv(id=0,smax_value=8)", "a number that may be negative and is at most 8"],
  ["scalar(umin=5)", "a number of at least 5"],
  ["pkt(off=0,r=14,imm=0)", "an address in the packet, of which 14 bytes are known to be there"],
  ["trusted_ptr_task_struct()", "the address of a task_struct of the kernel"],
  ["untrusted_ptr_task_struct(off=0,imm=0)", "the address of a task_struct of the kernel, which may be invalid by now"],
  ["ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=8)", "an address in reserved memory (8 bytes), or null"],
  ["flow_keys", "'flow_keys', as the verifier calls it"],
];

for (const [state, words] of states) test(`${state} in words`, () => assert.equal(describeState(state), words));

const paths = [
  {
    name: "named by the reason, told before",
    log: "0: (79) r2 = *(u64 *)(r1 +0)          ; R1=ctx() R2=scalar()\n1: (79) r3 = *(u64 *)(r2 +16)\nR2 invalid mem access 'scalar'\n",
    want: [[2, "scalar()"]],
  },
  {
    name: "used by the instruction",
    log: "0: R1=ctx() R10=fp0\n0: (79) r0 = *(u64 *)(r1 +4096)\ninvalid bpf_context access off=4096 size=8\n",
    want: [[1, "ctx()"]],
  },
  {
    name: "changed since it was told",
    log: "7: (15) if r0 == 0x0 goto pc+3\n R0_w=map_value(id=0,off=0,ks=4,vs=64,imm=0) R6_w=inv(id=0) R10=fp0\n8: (77) r6 >>= 1\n9: (0f) r0 += r6\nmath between map_value pointer and register with unbounded min value is not allowed\n",
    want: [
      [0, "map_value(id=0,off=0,ks=4,vs=64,imm=0)"],
      [6, undefined],
    ],
  },
  {
    name: "with spaces in its state",
    log: "9: (0f) r0 += r6 ; R0=map_value(ks=4,var_off=(0x0; 0x7f)) R6=scalar(var_off=(0x0; 0x7f))\n10: (71) r1 = *(u8 *)(r0 +0)\nR0 max value is outside\n",
    want: [[0, "map_value(ks=4,var_off=(0x0; 0x7f))"]],
  },
  {
    name: "lost by a call",
    log: "0: (b7) r2 = 8 ; R2=8\n1: (85) call bpf_ktime_get_ns#5 ; R0=scalar()\n2: (bf) r0 = r2\nR2 !read_ok\n",
    want: [[2, undefined]],
  },
] as const;

for (const { name, log, want } of paths) {
  test(`registers: ${name}`, () => {
    const read = readVerifierLog(log);
    assert.deepEqual(
      registersInvolved(read).map((register) => [register, lastState(read.path, register)]),
      want,
    );
  });
}
