import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttachTarget, Field, MonitorView, ObjectSpec, ProgramType } from "@sonde/bpf/spec";
import { lacking, neededBy } from "./needs.ts";

interface Given {
  readonly programs: readonly (readonly [type: ProgramType, title: string, attach?: AttachTarget])[];
  readonly keys?: readonly Field["type"][];
  readonly decoder?: string;
}

function objectOf({ programs, keys = [], decoder }: Given): ObjectSpec {
  const labels = decoder === undefined ? [] : [{ name: "l", decoders: [{ name: decoder }] }];
  const monitor = { metrics: [{ map: "@m", name: "m", help: "h", labels }] } as unknown as MonitorView;
  const map = {
    name: "@m",
    map: "AT_m",
    keys: keys.map((type) => ({ offset: 0, type })),
    value: { kind: "count", perCpu: true },
    maxEntries: 1,
  } as const;
  return {
    name: "m",
    license: "GPL",
    maps: [],
    btf: new Uint8Array(0),
    programs: programs.map(([type, title, target]) => ({
      ...{ name: title, type, title, instructions: [], functions: new Map() },
      attach: target === undefined ? [] : [target],
    })),
    manifest: { maps: [map], events: [], config: { printMapsOnExit: false, stackMode: "bpftrace" }, monitor },
  };
}

const named = (given: Given): string[] => neededBy(objectOf(given)).map(({ name }) => name);
const kernelStack = { kind: "stack", size: 16, user: false, map: "s", mode: "bpftrace", frames: 127 } as const;
const userSymbol = { kind: "symbol", size: 16, user: true } as const;
const usdt = { kind: "usdt", path: "/bin/x", provider: "p", name: "n" } as unknown as AttachTarget;

test("what a monitor needs follows from its programs, its keys and its labels", () => {
  assert.deepEqual(named({ programs: [["tracing", "tp_btf:x"]] }), ["bpf", "perfmon"]);
  assert.deepEqual(named({ programs: [["xdp", "xdp:lo"]] }), ["bpf", "net_admin"]);
  assert.deepEqual(named({ programs: [["socket_filter", "s"]], keys: [kernelStack] }), ["bpf", "syslog"]);
  const inTuple = { kind: "tuple", size: 16, fields: [{ offset: 0, type: userSymbol }] } as const;
  assert.deepEqual(named({ programs: [["kprobe", "k"]], keys: [inTuple] }), ["bpf", "perfmon", "sys_ptrace"]);
  assert.deepEqual(named({ programs: [["tracepoint", "t"]], decoder: "ksym" }), ["bpf", "perfmon", "syslog"]);
  assert.deepEqual(named({ programs: [["tracepoint", "t"]], decoder: "pod" }), ["bpf", "perfmon", "dac_read_search"]);
  assert.deepEqual(named({ programs: [["kprobe", "u", usdt]], decoder: "pod" }), ["bpf", "perfmon", "dac_read_search"]);
});

test("the reason names the programs, the first of many", () => {
  const programs = ["a", "b", "c", "d", "e"].map((title) => ["tracing", title] as const);
  const reasons = neededBy(objectOf({ programs: [...programs, ["xdp", "x"]] })).map(({ reason }) => reason);
  assert.deepEqual(reasons, ["to make its maps and load its programs", "for a, b, c and 2 more", "for x"]);
});

test("CAP_SYS_ADMIN stands for those of BPF, not for others", () => {
  const needs = neededBy(
    objectOf({
      programs: [
        ["kprobe", "k"],
        ["xdp", "x"],
      ],
      keys: [kernelStack],
    }),
  );
  const lack = (...held: string[]): string[] => lacking(needs, held).map(({ name }) => name);
  assert.deepEqual(lack("sys_admin"), ["syslog"]);
  assert.deepEqual(lack("bpf", "syslog"), ["perfmon", "net_admin"]);
  assert.deepEqual(lack("bpf", "perfmon", "net_admin", "syslog"), []);
});
