/**
 * Programs that break one rule of the verifier each, for tests: a hint counts as proven when a kernel
 * refuses the program that is written for it.
 */
import type { MapSpec, ProgramType } from "@sonde/bpf/spec";
import { testMap } from "../../../collection/test-object.ts";

export interface RefusedProgram {
  readonly name: string;
  /** The hint that the refusal must get. */
  readonly hint: string;
  /** In the assembler's text form. */
  readonly code: string;
  /** Where the kernel points: a part of the line of `code`; absent where it points nowhere. */
  readonly at?: string;
  /** raw_tracepoint unless given. */
  readonly type?: ProgramType;
  /** A tracepoint whose arguments are typed, for programs of type tracing. */
  readonly tracepoint?: string;
  /** "GPL" unless given. */
  readonly license?: string;
  /** Bits of BPF_PROG_LOAD's flags. */
  readonly flags?: number;
  /** Loaded without CAP_PERFMON, with which the kernel lets addresses out. */
  readonly unprivileged?: boolean;
}

/** The maps that the programs name. */
export function refusedMaps(): readonly MapSpec[] {
  return [
    testMap("m", "hash"),
    testMap("wide", "array", { valueSize: 64 }),
    testMap("constant", "array", { flags: READ_ONLY_FOR_PROGRAMS }),
    testMap("ring", "ringbuf", { keySize: 0, valueSize: 0, maxEntries: 4096 }),
  ];
}

/** BPF_F_RDONLY_PROG. */
const READ_ONLY_FOR_PROGRAMS = 0x80;

const lookup = (map: string): string => `
  *(u32 *)(r10 - 4) = 0
  r2 = r10
  r2 += -4
  r1 = map[${map}] ll
  call bpf_map_lookup_elem`;

const checkedLookup = (map: string): string => `${lookup(map)}
  if r0 == 0 goto out`;

const out = `
out:
  r0 = 0
  exit`;

export function refusedPrograms(): readonly RefusedProgram[] {
  return [
    {
      name: "a looked-up value without a null check",
      hint: "null",
      code: `${lookup("m")}\n  r1 = *(u64 *)(r0 + 0)${out}`,
      at: "r1 = *(u64 *)(r0 + 0)",
    },
    {
      name: "arithmetic on a looked-up value without a null check",
      hint: "null",
      code: `${lookup("m")}\n  r0 += 4${out}`,
      at: "r0 += 4",
    },
    {
      name: "a number used as an address",
      hint: "not-a-pointer",
      code: `r2 = *(u64 *)(r1 + 0)\n  r3 = *(u64 *)(r2 + 16)${out}`,
      at: "r3 = *(u64 *)(r2 + 16)",
    },
    { name: "a register that nothing was put into", hint: "uninitialized", code: `r0 = r3\n  exit`, at: "r0 = r3" },
    { name: "no result", hint: "no-result", code: `exit`, at: "exit" },
    {
      name: "an index that may be anything",
      hint: "unbounded",
      code: `r6 = *(u64 *)(r1 + 0)${checkedLookup("wide")}\n  r6 >>= 1\n  r0 += r6\n  r1 = *(u8 *)(r0 + 0)${out}`,
    },
    {
      name: "an index without any bound",
      hint: "unbounded",
      code: `r6 = *(u64 *)(r1 + 0)${checkedLookup("wide")}\n  r0 += r6\n  r1 = *(u8 *)(r0 + 0)${out}`,
      at: "r0 += r6",
    },
    {
      name: "a length that may be anything",
      hint: "unbounded",
      code: `r2 = *(u64 *)(r1 + 0)\n  r2 >>= 1\n  r1 = r10\n  r1 += -8\n  r3 = 0\n  call bpf_probe_read_kernel${out}`,
      at: "call",
    },
    {
      name: "an index that may be negative",
      hint: "negative",
      code: `r6 = *(u64 *)(r1 + 0)${checkedLookup("wide")}
  if r6 s> 8 goto out
  if r6 s< -8 goto out
  r0 += r6
  r1 = *(u8 *)(r0 + 0)${out}`,
    },
    {
      name: "a length that may be negative",
      hint: "negative",
      code: `r2 = *(u64 *)(r1 + 0)\n  if r2 s> 8 goto out\n  r1 = r10\n  r1 += -8\n  r3 = 0\n  call bpf_probe_read_kernel${out}`,
      at: "call",
    },
    {
      name: "beyond a map's value",
      hint: "outside-value",
      code: `${checkedLookup("m")}\n  r1 = *(u8 *)(r0 + 8)${out}`,
      at: "r1 = *(u8 *)(r0 + 8)",
    },
    {
      name: "an index that may be too large",
      hint: "outside-value",
      code: `r6 = *(u64 *)(r1 + 0)${checkedLookup("wide")}\n  r6 &= 127\n  r0 += r6\n  r1 = *(u8 *)(r0 + 0)${out}`,
      at: "r1 = *(u8 *)(r0 + 0)",
    },
    {
      name: "a misaligned access",
      hint: "misaligned",
      code: `r1 = 0\n  *(u64 *)(r10 - 12) = r1${out}`,
      at: "*(u64 *)(r10 - 12) = r1",
    },
    {
      name: "a loop without an end",
      hint: "endless-loop",
      code: `r0 = 0\nagain:\n  r0 &= 1\n  if r0 != 7 goto again\n  exit`,
    },
    {
      name: "too many branches",
      hint: "complexity",
      code: `r6 = *(u64 *)(r1 + 0)\n${"  if r6 == 1 goto out\n  r6 = *(u64 *)(r1 + 0)\n".repeat(8200)}${out}`,
    },
    {
      name: "too long a loop",
      hint: "complexity",
      // Of many instructions in a turn: the verifier compares states in each, which takes minutes where it is emulated.
      code: `r0 = 0\nagain:\n${"  r1 = r0\n".repeat(400)}  r0 += 1\n  if r0 != 10000000 goto again\n  exit`,
    },
    {
      name: "too large a frame",
      hint: "stack-bounds",
      code: `r1 = 0\n  *(u64 *)(r10 - 520) = r1${out}`,
      at: "*(u64 *)(r10 - 520) = r1",
    },
    {
      name: "frames that are too large together",
      hint: "stack-depth",
      code: `*(u64 *)(r10 - 512) = 1\n  call sub\n  r0 = 0\n  exit\nsub:\n  *(u64 *)(r10 - 512) = 1\n  r0 = 0\n  exit`,
      type: "socket_filter",
    },
    {
      name: "a key that was never written",
      hint: "uninitialized-stack",
      code: `r2 = r10\n  r2 += -4\n  r1 = map[m] ll\n  call bpf_map_lookup_elem${out}`,
      at: "call",
      type: "socket_filter",
      unprivileged: true,
    },
    {
      name: "a stack slot that was never written",
      hint: "uninitialized-stack",
      code: `r1 = *(u64 *)(r10 - 8)${out}`,
      at: "r1 = *(u64 *)(r10 - 8)",
      type: "socket_filter",
      unprivileged: true,
    },
    { name: "a helper that does not exist", hint: "no-such-helper", code: `call 9999\n  exit`, at: "call" },
    {
      name: "a helper of other program types",
      hint: "helper-not-here",
      code: `r2 = 0\n  r3 = r10\n  r3 += -8\n  r4 = 8\n  call bpf_skb_load_bytes\n  exit`,
      at: "call",
    },
    {
      name: "a helper for GPL programs",
      hint: "gpl",
      code: `r1 = r10\n  r1 += -8\n  r2 = 8\n  r3 = 0\n  call bpf_probe_read_kernel\n  exit`,
      at: "call",
      license: "MIT",
    },
    {
      name: "beyond the context",
      hint: "context",
      code: `r0 = *(u64 *)(r1 + 4096)\n  exit`,
      at: "r0 = *(u64 *)(r1 + 4096)",
    },
    {
      name: "a context that was moved",
      hint: "modified-context",
      code: `r6 = *(u64 *)(r1 + 0)\n  r6 &= 8\n  r1 += r6\n  r0 = *(u64 *)(r1 + 0)\n  exit`,
      at: "r0 = *(u64 *)(r1 + 0)",
    },
    { name: "a pointer multiplied", hint: "pointer-arithmetic", code: `r1 *= 8${out}`, at: "r1 *= 8" },
    { name: "pointers added", hint: "pointer-arithmetic", code: `r1 += r10${out}`, at: "r1 += r10" },
    { name: "half a pointer", hint: "pointer-arithmetic", code: `w1 += 8${out}`, at: "w1 += 8" },
    {
      name: "a reservation that is neither submitted nor discarded",
      hint: "unreleased",
      code: `r1 = map[ring] ll\n  r2 = 8\n  r3 = 0\n  call bpf_ringbuf_reserve\n  r0 = 0\n  exit`,
    },
    {
      name: "a number for a pointer",
      hint: "argument-type",
      code: `r1 = map[m] ll\n  r2 = 5\n  call bpf_map_lookup_elem\n  r0 = 0\n  exit`,
      at: "call",
    },
    {
      name: "a map of the wrong type",
      hint: "map-type",
      code: `r1 = map[m] ll\n  r2 = 8\n  r3 = 0\n  call bpf_ringbuf_reserve\n  r0 = 0\n  exit`,
      at: "call",
    },
    {
      name: "a packet without a length check",
      hint: "packet",
      code: `r2 = *(u32 *)(r1 + 0)\n  r3 = *(u8 *)(r2 + 0)\n  r0 = 2\n  exit`,
      at: "r3 = *(u8 *)(r2 + 0)",
      type: "xdp",
    },
    { name: "a jump out of the program", hint: "jump", code: `goto +100\n  r0 = 0\n  exit` },
    { name: "no end", hint: "no-exit", code: `r0 = 0\n  r0 = 1` },
    { name: "unreachable code", hint: "unreachable", code: `r0 = 0\n  exit\n  r0 = 0\n  exit` },
    {
      name: "an address that leaves the kernel",
      hint: "leak",
      code: `r0 = r10\n  exit`,
      at: "exit",
      type: "socket_filter",
      unprivileged: true,
    },
    {
      name: "a program type that cannot sleep",
      hint: "sleepable",
      code: `r0 = 0\n  exit`,
      type: "socket_filter",
      flags: 0x10,
    },
    {
      name: "a result out of range",
      hint: "result-range",
      code: `r0 = 5\n  exit`,
      type: "cgroup_skb",
    },
    {
      name: "division by the constant zero",
      hint: "constant-operand",
      code: `r0 = 1\n  r0 /= 0\n  exit`,
      at: "r0 /= 0",
    },
    { name: "a shift out of range", hint: "constant-operand", code: `r0 = 1\n  r0 <<= 64\n  exit`, at: "r0 <<= 64" },
    { name: "a write to the frame pointer", hint: "frame-pointer", code: `r10 = 0\n  r0 = 0\n  exit`, at: "r10 = 0" },
    {
      name: "a write to read-only data",
      hint: "read-only",
      code: `${checkedLookup("constant")}\n  *(u64 *)(r0 + 0) = 1${out}`,
      at: "*(u64 *)(r0 + 0) = 1",
    },
    {
      name: "a write to the kernel's memory",
      hint: "kernel-write",
      code: `r1 = *(u64 *)(r1 + 0)\n  *(u32 *)(r1 + 0) = 1${out}`,
      at: "*(u32 *)(r1 + 0) = 1",
      type: "tracing",
      tracepoint: "task_newtask",
    },
    {
      name: "beyond a kernel struct",
      hint: "beyond-struct",
      code: `r1 = *(u64 *)(r1 + 0)\n  r2 = *(u64 *)(r1 + 32000)${out}`,
      at: "r2 = *(u64 *)(r1 + 32000)",
      type: "tracing",
      tracepoint: "task_newtask",
    },
    { name: "an opcode that does not exist", hint: "opcode", code: `(8f) dst=0 src=0 off=0 imm=0\n  exit` },
  ];
}
