/** What section names mean, beside libbpf itself. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { AttachTarget, ProgramType } from "../spec/spec.ts";
import { readObject } from "./read/object.ts";
import { conventionalSection } from "./section-conventions.ts";
import { sectionFor, sectionMeaning, sectionRuleNames } from "./section-names.ts";
import { compile, inTemporary, TESTDATA } from "./testing/objects.ts";

/** Numbers of enum bpf_prog_type and of the attach types that libbpf 1.1 has section names for (include/uapi/linux/bpf.h). */
const PROGRAM_TYPES: readonly (ProgramType | "")[] = [
  "",
  "socket_filter",
  "kprobe",
  "sched_cls",
  "sched_act",
  "tracepoint",
  "xdp",
  "perf_event",
  "cgroup_skb",
  "cgroup_sock",
  "lwt_in",
  "lwt_out",
  "lwt_xmit",
  "sock_ops",
  "sk_skb",
  "cgroup_device",
  "sk_msg",
  "raw_tracepoint",
  "cgroup_sock_addr",
  "lwt_seg6local",
  "lirc_mode2",
  "sk_reuseport",
  "flow_dissector",
  "cgroup_sysctl",
  "raw_tracepoint_writable",
  "cgroup_sockopt",
  "tracing",
  "struct_ops",
  "ext",
  "lsm",
  "sk_lookup",
  "syscall",
];
const ATTACH_TYPES = [
  "cgroup_inet_ingress",
  "cgroup_inet_egress",
  "cgroup_inet_sock_create",
  "cgroup_sock_ops",
  "sk_skb_stream_parser",
  "sk_skb_stream_verdict",
  "cgroup_device",
  "sk_msg_verdict",
  "cgroup_inet4_bind",
  "cgroup_inet6_bind",
  "cgroup_inet4_connect",
  "cgroup_inet6_connect",
  "cgroup_inet4_post_bind",
  "cgroup_inet6_post_bind",
  "cgroup_udp4_sendmsg",
  "cgroup_udp6_sendmsg",
  "lirc_mode2",
  "flow_dissector",
  "cgroup_sysctl",
  "cgroup_udp4_recvmsg",
  "cgroup_udp6_recvmsg",
  "cgroup_getsockopt",
  "cgroup_setsockopt",
  "trace_raw_tp",
  "trace_fentry",
  "trace_fexit",
  "modify_return",
  "lsm_mac",
  "trace_iter",
  "cgroup_inet4_getpeername",
  "cgroup_inet6_getpeername",
  "cgroup_inet4_getsockname",
  "cgroup_inet6_getsockname",
  "xdp_devmap",
  "cgroup_inet_sock_release",
  "xdp_cpumap",
  "sk_lookup",
  "xdp",
  "sk_skb_verdict",
  "sk_reuseport_select",
  "sk_reuseport_select_or_migrate",
  "perf_event",
  "trace_kprobe_multi",
  "lsm_cgroup",
];
/** Names that came after libbpf 1.1 (Debian 12), which the comparison must not find missing in it by mistake. */
const NEWER =
  /^(netfilter|netkit|sk_skb\/verdict|tcx?\/|kprobe\.session|ksyscall|kretsyscall|usdt\.s|uprobe\.multi|uretprobe\.multi|uprobe\.session|cgroup\/.*_unix|struct_ops\.s)/;

test("type and attach type are libbpf's for every name that it knows", () => {
  const names = sectionRuleNames().map((name) => (name.endsWith("/") ? `${name}${textFor(name)}` : name));
  const said = inTemporary((folder) => {
    const oracle = path.join(folder, "oracle");
    execFileSync("clang-16", ["-O1", path.join(TESTDATA, "elf-section-oracle.c"), "-o", oracle, "-lbpf"]);
    return execFileSync(oracle, { input: names.join("\n"), encoding: "utf8" });
  });
  let compared = 0;
  for (const line of said.trimEnd().split("\n")) {
    const [name = "", type = "", attach = ""] = line.split(" ");
    if (type === "-1") {
      assert.match(name, NEWER, `libbpf does not know ${name}`);
      continue;
    }
    const meaning = sectionMeaning(name);
    assert.equal(meaning?.type, PROGRAM_TYPES[Number(type)], name);
    // Attach type 0 is also what libbpf says where there is none.
    const wanted = ATTACH_TYPES[Number(attach)];
    assert.equal(meaning?.attachType ?? ATTACH_TYPES[0], wanted, name);
    compared++;
  }
  assert.ok(compared > 75, `only ${compared} names compared`);
});

/** Something that can be read behind the slash. */
function textFor(name: string): string {
  if (name.startsWith("usdt")) return "path:provider:name";
  if (/^u(ret)?probe/.test(name)) return "path:name";
  return /^(tp|tracepoint)\//.test(name) ? "category/name" : "name";
}

test("targets are read from what follows the slash", () => {
  const table: readonly (readonly [string, AttachTarget | undefined])[] = [
    ["kprobe", undefined],
    ["kprobe/", undefined],
    ["kprobe/vfs_read", { kind: "kprobe", symbol: "vfs_read", onReturn: false }],
    ["kprobe/vfs_read+0x10", { kind: "kprobe", symbol: "vfs_read", offset: 16, onReturn: false }],
    ["kretprobe/do_exit.isra.0", { kind: "kprobe", symbol: "do_exit.isra.0", onReturn: true }],
    ["kprobe.multi/vfs_*", { kind: "kprobeMulti", pattern: "vfs_*", on: "entry" }],
    ["kprobe.session/vfs_*", { kind: "kprobeMulti", pattern: "vfs_*", on: "session" }],
    ["ksyscall/openat", { kind: "ksyscall", name: "openat", onReturn: false }],
    ["uprobe//bin/sh:main+4", { kind: "uprobe", path: "/bin/sh", symbol: "main", offset: 4, onReturn: false }],
    ["uprobe//bin/sh:0x1234", { kind: "uprobe", path: "/bin/sh", offset: 0x1234, onReturn: false }],
    ["uretprobe/libc.so.6:malloc", { kind: "uprobe", path: "libc.so.6", symbol: "malloc", onReturn: true }],
    ["uprobe.multi.s//bin/sh:a*", { kind: "uprobeMulti", path: "/bin/sh", pattern: "a*", on: "entry" }],
    ["usdt//lib/libc.so.6:libc:setjmp", { kind: "usdt", path: "/lib/libc.so.6", provider: "libc", name: "setjmp" }],
    ["tp/sched/sched_switch", { kind: "tracepoint", category: "sched", name: "sched_switch" }],
    ["raw_tp.w/nbd", { kind: "rawTracepoint", name: "nbd" }],
    ["?tp_btf/sched_switch", { kind: "btfTracepoint", name: "sched_switch" }],
    ["fentry/vfs_read", { kind: "fentry", function: "vfs_read", onReturn: false }],
    [
      "fexit.s/nf_conntrack:nf_ct_delete",
      { kind: "fentry", function: "nf_ct_delete", module: "nf_conntrack", onReturn: true },
    ],
    ["fmod_ret/security_file_open", { kind: "fmodRet", function: "security_file_open" }],
    ["lsm_cgroup/socket_create", { kind: "lsm", hook: "socket_create", cgroup: true }],
    ["iter.s/task", { kind: "iter", name: "task" }],
    ["freplace/other", { kind: "freplace", function: "other" }],
    ["struct_ops/anything", undefined],
  ];
  for (const [section, want] of table)
    assert.deepEqual(sectionMeaning(section)?.attach, want === undefined ? [] : [want], section);
});

test("what cannot be read is refused, what is not known is undefined", () => {
  for (const section of ["kprobe/a+b+c", "uprobe/main", "usdt/libc.so.6:setjmp", "tracepoint/sched"])
    assert.throws(() => sectionMeaning(section), TypeError, section);
  for (const section of [
    "",
    "foo",
    "xdp_foo",
    "kprobe.multis/x",
    "xdp/eth0",
    "cgroup/connect5",
    "perf_event/x",
    "toString",
    "constructor/x",
  ]) {
    assert.equal(sectionMeaning(section), undefined, section);
  }
});

test("names that objects in the field have", () => {
  const event = (section: string): unknown => conventionalSection(section)?.attach;
  assert.deepEqual(event("perf_event/type=0,config=2,frequency=99"), [
    { kind: "perfEvent", event: { type: 0, config: 2 }, frequency: 99, cpus: "all" },
  ]);
  assert.deepEqual(event("perf_event/type=0x1,config=0x0,period=1000000"), [
    { kind: "perfEvent", event: { type: 1, config: 0 }, period: 1_000_000, cpus: "all" },
  ]);
  assert.deepEqual(event("?xdp/eth0"), [{ kind: "xdp", device: "eth0" }]);
  for (const section of [
    "perf_event",
    "xdp",
    "xdp/devmap",
    "xdp/cpumap",
    "kprobe/xdp/eth0",
    "xdp/a/b",
    "xdp/much-too-long-a-name",
  ])
    assert.equal(conventionalSection(section), undefined, section);
  for (const text of [
    "type=1",
    "type=1,config=x,frequency=1",
    "type=1,config=0",
    "type=1,config=0,period=1,frequency=1",
    "type=1,config=0,frequency=1,cpu=3",
  ])
    assert.throws(() => conventionalSection(`perf_event/${text}`), /cannot read the perf event '/, text);
});

test("every kind of section in an object is read, custom ones by the option", () => {
  const spec = readObject(compile("elf-sections"), {
    section: (section) => {
      if (section.startsWith("xdp/eth"))
        return { type: "xdp", attachType: "xdp", attach: [{ kind: "xdp", device: section.slice(4) }] };
      const event = /^perf_event\/type=1,config=0,frequency=(\d+)$/.exec(section);
      return event === null
        ? undefined
        : {
            type: "perf_event",
            attach: [{ kind: "perfEvent", event: "cpu-clock", frequency: Number(event[1]), cpus: "all" }],
          };
    },
  });
  const sections = new Map(spec.programs.map((program) => [program.section, program]));
  const source = readFileSync(path.join(TESTDATA, "elf-sections.c"), "utf8");
  const names = [...source.matchAll(/^IN\("(.*)"\)$/gm)].map(([, name]) => name);
  assert.deepEqual([...sections.keys()], names);
  for (const name of sectionRuleNames()) {
    if (name.endsWith("/"))
      assert.ok(
        [...sections.keys()].some((section) => section?.startsWith(name)),
        `no program in ${name}`,
      );
    else assert.ok(sections.has(name), `no program in ${name}`);
  }
  assert.deepEqual(sections.get("xdp/eth0")?.attach, [{ kind: "xdp", device: "eth0" }]);
  assert.deepEqual(sections.get("perf_event/type=1,config=0,frequency=99")?.attach, [
    { kind: "perfEvent", event: "cpu-clock", frequency: 99, cpus: "all" },
  ]);
  assert.equal(sections.get("?kprobe/vfs_write")?.autoload, false);
  assert.equal(sections.get("kprobe/vfs_read")?.autoload, undefined);
  assert.equal(sections.get("fentry.s/vfs_read")?.flags, 0x10);
  assert.equal(sections.get("xdp.frags/devmap")?.flags, 0x20);
});

test("an object with names of the field is read without more", () => {
  const { programs } = readObject(compile("elf-sections"), { section: conventionalSection });
  const attachOf = (section: string): unknown => programs.find((program) => program.section === section)?.attach;
  assert.deepEqual(attachOf("xdp/eth0"), [{ kind: "xdp", device: "eth0" }]);
  assert.deepEqual(attachOf("perf_event/type=1,config=0,frequency=99"), [
    { kind: "perfEvent", event: { type: 1, config: 0 }, frequency: 99, cpus: "all" },
  ]);
});

test("an unknown section is refused with its name", () => {
  assert.throws(
    () => readObject(compile("elf-sections")),
    (error) => error instanceof Error && /section 'xdp\/eth0'.*option 'section'/.test(error.message),
  );
});

test("a section is found for what programs are and attach to, and means the same", () => {
  const table: readonly (readonly [Parameters<typeof sectionFor>[0], string | undefined])[] = [
    [{ type: "raw_tracepoint", attach: [{ kind: "run", when: "begin" }] }, "raw_tracepoint"],
    [
      { type: "perf_event", attach: [{ kind: "perfEvent", event: "cpu-clock", frequency: 99, cpus: "all" }] },
      "perf_event",
    ],
    [{ type: "tracing", attach: [{ kind: "fentry", function: "vfs_read", onReturn: true }] }, "fexit/vfs_read"],
    [
      { type: "kprobe", attach: [{ kind: "kprobe", symbol: "vfs_read", offset: 4, onReturn: false }] },
      "kprobe/vfs_read+0x4",
    ],
    [{ type: "xdp", attach: [], attachType: "xdp_cpumap" }, "xdp/cpumap"],
  ];
  for (const [program, want] of table) assert.equal(sectionFor(program), want);
});
