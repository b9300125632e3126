import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { DecoderView, LabelView } from "@sonde/bpf/spec";
import type { Value } from "../decode/value.ts";
import type { Identities } from "./identities.ts";
import { Labels } from "./labels.ts";
import { DECODERS } from "./table.ts";

const identities: Identities = {
  epoch: 7,
  watch: () => {},
  cgroup: (id) =>
    Number(id) === 42
      ? {
          path: "/kubepods/burstable/pod1/abc",
          container: { id: "abc", name: "web", image: "shop:1", runtime: "containerd", labels: { tier: "front" } },
          pod: { uid: "1", name: "web-0", namespace: "shop", node: "n1", labels: { app: "web" } },
        }
      : undefined,
  process: (pid) => (pid === 9 ? { comm: "nginx", cgroup: 42 } : undefined),
};

const TABLE: readonly { chain: readonly DecoderView[]; input: Value; want: string | undefined }[] = [
  { chain: [], input: 5, want: "5" },
  { chain: [], input: { kind: "pointer", address: 255n }, want: "0xff" },
  { chain: [{ name: "text" }], input: "dd", want: "dd" },
  { chain: [{ name: "values", values: { 1: "established" } }], input: 1, want: "established" },
  { chain: [{ name: "values", values: { 1: "established" } }], input: 2, want: "2" },
  { chain: [{ name: "static_map", values: { 1: "read" } }], input: 1, want: "read" },
  { chain: [{ name: "static_map", values: { 1: "read" } }], input: 3, want: "unknown:3" },
  { chain: [{ name: "regexp", patterns: ["^a$", "^b"] }], input: "bcd", want: "bcd" },
  { chain: [{ name: "regexp", patterns: ["^a$", "^b"] }], input: "ab", want: undefined },
  { chain: [{ name: "regexp", patterns: ["(?i)^SYS\\z"] }], input: "sys", want: "sys" },
  { chain: [{ name: "uint" }], input: -1, want: "18446744073709551615" },
  { chain: [{ name: "uint" }], input: 14, want: "14" },
  { chain: [{ name: "hex" }], input: [0xde, 0xad, 0x00, 0x0f], want: "dead000f" },
  { chain: [{ name: "errno" }], input: -2, want: "ENOENT" },
  { chain: [{ name: "errno" }], input: 11, want: "EAGAIN" },
  { chain: [{ name: "errno" }], input: 0, want: "unknown:0" },
  { chain: [{ name: "errno" }], input: 1000, want: "unknown:1000" },
  { chain: [{ name: "inet_ip" }], input: [127, 0, 0, 1], want: "127.0.0.1" },
  { chain: [{ name: "inet_ip" }], input: 0x0100007f, want: "127.0.0.1" },
  {
    chain: [{ name: "inet_ip" }],
    input: [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    want: "2001:db8::1",
  },
  { chain: [{ name: "inet_ip" }], input: [...Array<number>(10).fill(0), 255, 255, 10, 0, 0, 1], want: "10.0.0.1" },
  { chain: [{ name: "ifname" }], input: 1, want: "lo" },
  { chain: [{ name: "ifname" }], input: 999_999, want: "unknown:999999" },
  { chain: [{ name: "text" }, { name: "dname" }], input: "\x07example\x03com", want: "example.com" },
  { chain: [{ name: "device" }], input: (999 << 20) | 5, want: "999:5" },
  { chain: [{ name: "uint" }, { name: "majorminor" }], input: (999 << 20) | 5, want: "unknown:999:5" },
  { chain: [{ name: "cgroup" }], input: 42n, want: "/kubepods/burstable/pod1/abc" },
  { chain: [{ name: "cgroup_folder" }], input: 42, want: "/sys/fs/cgroup/kubepods/burstable/pod1/abc" },
  { chain: [{ name: "cgroup_folder" }], input: 43, want: "unknown_cgroup_id:43" },
  { chain: [{ name: "uint" }, { name: "syscall" }], input: 99_999, want: "unknown_syscall:99999" },
  { chain: [{ name: "cgroup" }], input: 43, want: "unknown_cgroup_id:43" },
  { chain: [{ name: "uint" }, { name: "container" }], input: 42, want: "web" },
  { chain: [{ name: "container" }], input: 43, want: "" },
  { chain: [{ name: "container_id" }], input: 42, want: "abc" },
  { chain: [{ name: "container_runtime" }], input: 42, want: "containerd" },
  { chain: [{ name: "container_label", key: "tier" }], input: 42, want: "front" },
  { chain: [{ name: "image" }], input: 42, want: "shop:1" },
  { chain: [{ name: "pod" }], input: 42, want: "web-0" },
  { chain: [{ name: "namespace" }], input: 42, want: "shop" },
  { chain: [{ name: "pod_uid" }], input: 42, want: "1" },
  { chain: [{ name: "pod_label", key: "app" }], input: 42, want: "web" },
  { chain: [{ name: "pod_label", key: "nothing" }], input: 42, want: "" },
  { chain: [{ name: "node" }], input: 42, want: "n1" },
  { chain: [{ name: "comm" }], input: 9, want: "nginx" },
  { chain: [{ name: "process_cgroup" }, { name: "pod" }], input: 9, want: "web-0" },
  { chain: [{ name: "process_cgroup" }, { name: "pod" }], input: 10, want: "" },
];
for (const { chain, input, want } of TABLE) {
  const names = chain.map(({ name }) => name).join(", ") || "no decoder";
  test(`${names} of ${typeof input === "object" ? JSON.stringify(input, bigintText) : String(input)}`, () => {
    const labels = new Labels([{ name: "l", decoders: chain }], 1, { identities });
    assert.deepEqual(labels.decode([input]), want === undefined ? undefined : [want]);
  });
}

test("addresses of the kernel have the names of /proc/kallsyms", (context) => {
  const [, address = "0", name] = /^([0-9a-f]{16}) T (vfs_read)$/m.exec(readFileSync("/proc/kallsyms", "utf8")) ?? [];
  if (name === undefined || /^0+$/.test(address)) return context.diagnostic("this user sees no addresses");
  const value = BigInt(`0x${address}`);
  const decode = (decoder: string, input: Value): string | undefined =>
    new Labels([{ name: "l", decoders: [{ name: decoder }] }], 1).decode([input])?.[0];
  assert.equal(decode("ksym", value + 4n), "vfs_read");
  assert.equal(decode("ksym", 1n), "unknown_addr:0x1");
  const frames = new Uint8Array(BigUint64Array.of(value, value + 8n, 0n, value).buffer);
  assert.equal(decode("kstack", frames), "vfs_read\nvfs_read");
});

test("PCI ids have the names of pci.ids", (context) => {
  if (!existsSync("/usr/share/misc/pci.ids")) return context.diagnostic("there is no /usr/share/misc/pci.ids");
  const table: readonly (readonly [string, number, string])[] = [
    ["pci_vendor", 0x8086, "Intel Corporation"],
    ["pci_vendor", 0x7777, "unknown pci vendor: 0x7777"],
    ["pci_device", 0x80861000, "82542 Gigabit Ethernet Controller (Fiber)"],
    ["pci_class", 2, "Network controller"],
    ["pci_class", 253, "unknown pci class: 0xfd"],
    ["pci_subclass", 0x0200, "Ethernet controller"],
    ["pci_subclass", 0x010b, "unknown pci subclass: 0x0b (class 0x01)"],
  ];
  for (const [decoder, input, want] of table)
    assert.deepEqual(new Labels([{ name: "l", decoders: [{ name: decoder }] }], 1).decode([input]), [want]);
});

test("a block device of this machine has the name that /proc/partitions gives it", (context) => {
  const [, major, minor, , name] =
    /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)/m.exec(readFileSync("/proc/partitions", "utf8")) ?? [];
  if (name === undefined) return context.diagnostic("this machine has no block device");
  const number = (Number(major) << 20) | Number(minor);
  assert.deepEqual(new Labels([{ name: "l", decoders: [{ name: "majorminor" }] }], 1).decode([number]), [name]);
});

test("one part may give several labels", () => {
  const of = (name: string, part: number): LabelView => ({ name, part, decoders: [{ name }] });
  const labels = new Labels([of("namespace", 1), of("pod", 1), of("text", 0)], 2, { identities });
  assert.deepEqual(labels.decode(["read", 42]), ["shop", "web-0", "read"]);
  assert.equal(labels.epoch, 7);
});

test("labels that may change at any time say so by their epoch", () => {
  const labels = new Labels([{ name: "comm", decoders: [{ name: "comm" }] }], 1, { identities });
  assert.notEqual(labels.epoch, labels.epoch);
  assert.equal(new Labels([{ name: "l", decoders: [] }], 1, { identities }).epoch, 0);
});

const REFUSED: readonly (readonly [readonly LabelView[], RegExp])[] = [
  [[{ name: "l", decoders: [{ name: "containr" }] }], /label l: no decoder is called containr; there are text, /],
  [[{ name: "l", decoders: [{ name: "values" }] }], /decoder values needs a table/],
  [[{ name: "l", decoders: [{ name: "regexp", patterns: ["("] }] }], /'\(' is no regular expression/],
  [[{ name: "l", decoders: [{ name: "pod_label" }] }], /needs the label's name as its key/],
  [[], /the key has 1 parts, but the labels \(none\) take none/],
  [[{ name: "l", part: 1, decoders: [] }], /the key has 1 parts, but the labels \(l\) take part 2/],
];
for (const [labels, message] of REFUSED) {
  test(`refused: ${String(message)}`, () => {
    assert.throws(() => new Labels(labels, 1), message);
  });
}

test("every decoder says what it does", () => {
  for (const [name, { summary }] of Object.entries(DECODERS)) assert.ok(summary.length > 10, name);
});

function bigintText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
