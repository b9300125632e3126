/** Where a program is attached, in an object and out of it again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { exit, mov64Imm, withLabel } from "../../asm/index.ts";
import { BtfBuilder } from "../../btf/index.ts";
import type { AttachTarget, AttachType, ObjectSpec, ProgramType } from "../../spec/index.ts";
import { readObject } from "../read/object.ts";
import { writeObject } from "./object.ts";

type Row = readonly [type: ProgramType, target: AttachTarget, section: string, attachType?: AttachType];

const ROWS: readonly Row[] = [
  ["xdp", { kind: "xdp", device: "eth0" }, "xdp", "xdp"],
  ["sched_cls", { kind: "tc", device: "eth0", direction: "egress" }, "tc"],
  [
    "cgroup_sock_addr",
    { kind: "cgroup", path: "/system.slice", attachType: "cgroup_inet4_connect" },
    "cgroup/connect4",
    "cgroup_inet4_connect",
  ],
  [
    "cgroup_skb",
    { kind: "cgroup", path: "/", attachType: "cgroup_inet_egress" },
    "cgroup_skb/egress",
    "cgroup_inet_egress",
  ],
  ["sock_ops", { kind: "cgroup", path: "/", attachType: "cgroup_sock_ops" }, "sockops", "cgroup_sock_ops"],
  [
    "netfilter",
    { kind: "netfilter", family: "ipv6", hook: "output", priority: -7, defragment: true },
    "netfilter",
    "netfilter",
  ],
  ["sk_lookup", { kind: "netns", attachType: "sk_lookup" }, "sk_lookup", "sk_lookup"],
];

function object([type, target, , attachType]: Row): ObjectSpec {
  const btf = new BtfBuilder();
  const program = btf.func("count", btf.funcProto(btf.int("int", 4, "signed"), []), "global");
  return {
    name: "made",
    license: "GPL",
    programs: [
      {
        name: "count",
        type,
        attach: [target],
        instructions: [withLabel(mov64Imm(0, 0), "count"), exit()],
        functions: new Map([["count", program]]),
        title: "count",
        ...(attachType !== undefined && { attachType }),
      },
    ],
    maps: [],
    btf: btf.encode(),
    manifest: { maps: [], events: [], config: { printMapsOnExit: false, stackMode: "bpftrace" } },
  };
}

for (const row of ROWS) {
  const [type, target, section] = row;
  test(`${type} at ${JSON.stringify(target)} has libbpf's section ${section}, and its place beside it`, () => {
    const bytes = writeObject(object(row));
    assert.ok(Buffer.from(bytes).includes(`\0${section}\0`), "no such section");
    const [again] = readObject(bytes).programs;
    assert.deepEqual([again?.type, again?.attach, again?.attachType], [type, [target], row[3]]);
  });
}

const WRONG: readonly (readonly [target: object, problem: RegExp])[] = [
  [{ kind: "tc", device: "eth0", direction: "up" }, /direction is no value of ingress, egress/],
  [{ kind: "tc", device: 3, direction: "ingress" }, /device is no string/],
  [{ kind: "cgroup", path: "/", attachType: "trace_fentry" }, /attachType is no attach type of control groups/],
  [{ kind: "netfilter", family: "ipv4", hook: "input", priority: 0.5 }, /priority is no integer/],
  [{ kind: "netfilter", family: "ipv4", hook: "somewhere", priority: 0 }, /hook is no value of/],
  [{ kind: "netns", attachType: "xdp" }, /attachType is no value of sk_lookup/],
];

test("an object that says a place which is none is refused", () => {
  for (const [target, problem] of WRONG) {
    const bytes = writeObject(object(["xdp", target as AttachTarget, "xdp", "xdp"]));
    assert.throws(() => readObject(bytes), problem);
  }
});
