import assert from "node:assert/strict";
import { test } from "node:test";
import { disassemble } from "@sonde/bpf/asm";
import { loadMonitor, MonitorError } from "sonde/testing";
import { loadText } from "./text.ts";

const BLOCK_IO = `
import { decode, exp2, hash, histogram, ktime, monitor, param, stream, tracepoint, type u32, type u64 } from "sonde/probe";

monitor("block_io", { help: "Block device I/O: latency, size and errors" });

const slowerThan = param("slower_than", 10_000_000, { help: "emit an event above this many nanoseconds" });
const started = hash<{ dev: u32; sector: u64 }, u64>({ maxEntries: 10_240 });
const latency = histogram("block_io_latency_seconds", {
  help: "From issue to completion",
  unit: "nanoseconds",
  buckets: exp2(10, 34),
  labels: { dev: decode.blockDevice, op: decode.text },
});
const slow = stream("slow_io", { comm: decode.comm, pid: decode.pid, latency: decode.duration });

tracepoint("block:block_rq_issue", ({ dev, sector }) => {
  started.set({ dev, sector }, ktime());
});
tracepoint("block:block_rq_complete", ({ dev, sector, rwbs }) => {
  const t0 = started.take({ dev, sector });
  if (t0 === undefined) return;
  const ns = ktime() - t0;
  latency.observe(ns, { dev, op: rwbs });
  if (ns > slowerThan) slow.emit({ latency: ns });
});
`;

test("a monitor's metric, stream, map and parameter on made-up events", async () => {
  const monitor = await loadText(BLOCK_IO);
  monitor.task = { comm: "dd", tgid: 42 };
  monitor.time = 1_000n;
  monitor.fire("tracepoint:block:block_rq_issue", { dev: 8, sector: 2048 });
  assert.deepEqual(monitor.entries("started"), [[{ dev: 8, sector: 2048 }, 1000]]);
  monitor.time = 30_001_000n;
  monitor.fire("tracepoint:block:block_rq_complete", { dev: 8, sector: 2048, rwbs: "WS" });
  assert.deepEqual(monitor.entries("started"), []);
  assert.deepEqual(monitor.series("block_io_latency_seconds"), [
    { labels: { dev: 8, op: "WS" }, count: 1, sum: 30_000_000, buckets: { 26: 1 } },
  ]);
  assert.deepEqual(monitor.events("slow_io"), [{ comm: "dd", pid: 42, latency: 30_000_000 }]);
  assert.deepEqual(monitor.events("slow_io"), []);

  monitor.setParam("slower_than", 1_000_000_000);
  monitor.fire("tracepoint:block:block_rq_issue", { dev: 8, sector: 1 });
  monitor.time += 500_000_000n;
  monitor.fire("tracepoint:block:block_rq_complete", { dev: 8, sector: 1, rwbs: "R" });
  assert.deepEqual(monitor.events("slow_io"), []);
  assert.equal(monitor.series("block_io_latency_seconds").length, 2);
});

test("timers run when time has passed, in their order, and start each other", async () => {
  const monitor = await loadText(`
    import { counter, decode, global, ktime, monitor, stream, timer, xdp, XdpAction, type u64 } from "sonde/probe";
    monitor("timers");
    const runs = stream("runs", { which: decode.uint, at: decode.uint });
    const beats = global<u64>(0);
    const beat = timer(() => {
      runs.emit({ which: 1, at: ktime() });
      beats.value += 1;
      if (beats.value < 3) beat.start(100);
    });
    const once = timer(() => { runs.emit({ which: 2, at: ktime() }); });
    const never = timer(() => { runs.emit({ which: 3, at: 0 }); });
    const cancelled = counter("cancelled");
    xdp("lo", () => {
      beat.start(100);
      once.start(150);
      never.start(120);
      if (never.cancel()) cancelled.increment();
      if (never.cancel()) cancelled.increment();
      return XdpAction.pass;
    });`);
  monitor.time = 1000n;
  monitor.fire("xdp:lo", {}, { packet: new Uint8Array(64) });
  assert.deepEqual(monitor.events("runs"), []);
  monitor.advance(99);
  assert.deepEqual(monitor.events("runs"), []);
  monitor.advance(1000);
  assert.deepEqual(monitor.events("runs"), [
    { which: 1, at: 1100 },
    { which: 2, at: 1150 },
    { which: 1, at: 1200 },
    { which: 1, at: 1300 },
  ]);
  assert.equal(monitor.time, 2099n);
  assert.equal(monitor.series("cancelled")[0]?.value, 1);
});

test("parameters take what a user may give them, texts too", async () => {
  const monitor = await loadText(`
    import { comm, counter, monitor, param, tracepoint } from "sonde/probe";
    monitor("names");
    const name = param("name", "dd", { size: 16 });
    const least = param("least", 1, { min: 0, max: 10 });
    const hits = counter("hits");
    tracepoint("syscalls:sys_enter_write", ({ count }) => { if (comm() === name && count >= least) hits.increment(); });`);
  const write = (count: number): void => void monitor.fire("tracepoint:syscalls:sys_enter_write", { count });
  monitor.task = { comm: "cat" };
  write(5);
  assert.deepEqual(monitor.series("hits"), []);
  monitor.setParam("name", "cat");
  monitor.setParam("least", 4n);
  for (const count of [3, 4, 5]) write(count);
  assert.equal(monitor.series("hits")[0]?.value, 2);
  assert.throws(() => monitor.setParam("least", 11), /least/);
  assert.throws(() => monitor.setParam("nosuch", 1), TypeError);
});

test("per-CPU values are added up over the CPUs", async () => {
  const text = `import { counter, decode, interval, monitor } from "sonde/probe";
    monitor("cpus");
    const ticks = counter("ticks", { labels: { cpu: decode.cpu } });
    const all = counter("all_ticks");
    interval({ seconds: 1 }, () => { ticks.increment(); all.add(2); });`;
  const monitor = await loadText(text);
  monitor.fire("interval:seconds:1");
  monitor.fire("interval:seconds:1");
  assert.deepEqual(monitor.series("ticks"), [{ labels: { cpu: 0 }, value: 2 }]);
  assert.deepEqual(monitor.series("all_ticks"), [{ labels: {}, value: 4 }]);
});

test("structs of the kernel are objects, texts are where a pointer leads", async () => {
  const text = `import { btfTracepoint, decode, monitor, readKernelString, stream } from "sonde/probe";
    monitor("files");
    const switches = stream("switches", { from: decode.text, to: decode.int, parent: decode.int });
    btfTracepoint("sched_switch", ({ prev, next }) => {
      switches.emit({ from: prev.comm, to: next.pid, parent: next.real_parent.tgid });
    });`;
  const monitor = await loadText(text);
  monitor.fire("rawtracepoint:sched_switch", { prev: { comm: "bash" }, next: { pid: 7, real_parent: { tgid: 5 } } });
  assert.deepEqual(monitor.events("switches"), [{ from: "bash", to: 7, parent: 5 }]);
});

test("arguments of system calls by name, strings of the process", async () => {
  const text = `import { decode, monitor, readUserString, stream, tracepoint } from "sonde/probe";
    monitor("opens");
    const opens = stream("opens", { file: decode.path, flags: decode.hex });
    tracepoint("syscalls:sys_enter_openat", ({ filename, flags }) => {
      opens.emit({ file: readUserString(filename, 256), flags });
    });`;
  const monitor = await loadText(text);
  monitor.fire("tracepoint:syscalls:sys_enter_openat", { dfd: -100, filename: "/etc/passwd", flags: 0x8000 });
  assert.deepEqual(monitor.events("opens"), [{ file: "/etc/passwd", flags: 0x8000 }]);
});

test("probes are made in loops, from shared modules and from constants", async () => {
  const monitor = await loadText(
    `import { counter, decode, monitor, tracepoint } from "sonde/probe";
     import { watch, type Name } from "./shared.ts";
     monitor("loops");
     const calls = counter("calls", { labels: { name: decode.text } });
     const names: readonly Name[] = ["read", "write"];
     for (const name of names) watch(calls, name);`,
    {
      "shared.ts": `import { tracepoint, type Counter, type Decoder } from "sonde/probe";
     export type Name = "read" | "write";
     export function watch(calls: any, name: Name): void {
       tracepoint(\`syscalls:sys_enter_\${name}\` as "x", () => calls.increment({ name }));
     }`,
    },
  );
  for (const name of ["read", "write", "write"]) monitor.fire(`tracepoint:syscalls:sys_enter_${name}`);
  const series = new Map(monitor.series("calls").map(({ labels, value }) => [labels["name"], value]));
  assert.deepEqual([series.get("read"), series.get("write"), series.size], [1, 2, 2]);
});

test("what is wrong is told: a monitor with an error, a probe or a field that there is not", async () => {
  await assert.rejects(loadText("let x = ;"), MonitorError);
  await assert.rejects(loadMonitor("/nowhere/monitor.ts"), /no such file/);
  const monitor = await loadText(BLOCK_IO);
  assert.throws(() => monitor.fire("tracepoint:block:none"), /has no probe .*; it has tracepoint:block:block_rq_issue/);
  assert.throws(() => monitor.fire("tracepoint:block:block_rq_issue", { sectr: 1 }), /block_rq has no field sectr/);
  assert.throws(() => monitor.series("none"), /no metric none/);
  assert.throws(() => monitor.entries("none"), /no map none/);
  assert.throws(() => monitor.setParam("none", 1), /no parameter none/);
});

test("a look-up that is tested at once is one branch", async () => {
  const { spec } = await loadText(BLOCK_IO);
  const text = disassemble(spec.programs[1]!.instructions);
  const before = text.slice(0, text.indexOf("call bpf_ktime_get_ns"));
  // Which of its two names the record has, and which version runs, are constants where the program is loaded.
  const left = before.replace(/; core (?:Type|EnumValue)Exists.*\n.*\bif\b.*\n/g, "\n");
  assert.equal(left.match(/\bif\b/g)?.length, 1, before);
});

test("types are followed through the modules that hand them on", async () => {
  const monitor = await loadText(
    `import { hash, interval, monitor, type u64 } from "sonde/probe";
     import { type Place } from "./types.ts";
     import type { Other } from "./types.ts";
     monitor("types");
     const seen = hash<Place, Other>();
     interval({ seconds: 1 }, () => seen.set({ cpu: 1, node: 2 }, { last: 3 }));`,
    {
      "types.ts": 'export * from "./places.ts"; export type { Value as Other } from "./values.ts";',
      "places.ts": 'import type { u16, u32 } from "sonde/probe"; export interface Place { cpu: u32; node: u16 }',
      "values.ts": 'import type { s32 } from "sonde/probe"; type Small = s32; export type Value = { last: Small };',
    },
  );
  monitor.fire("interval:seconds:1");
  assert.deepEqual(monitor.entries("seen"), [[{ cpu: 1, node: 2 }, { last: 3 }]]);
});

test("arguments of static probe points by their place", async () => {
  const text = `import { decode, monitor, readUserString, stream, usdt, type s32, type u64, type userPointer } from "sonde/probe";
    monitor("points");
    const points = stream("points", { line: decode.int, file: decode.text(32), last: decode.int });
    usdt("/usr/bin/python3", "python", "line", (file: userPointer, unused: u64, line: s32, last: u64) => {
      points.emit({ line, file: readUserString(file, 32), last });
    });`;
  const monitor = await loadText(text);
  const probe = "usdt:/usr/bin/python3:python:line";
  monitor.fire(probe, { arg0: "a.py", arg2: -7, arg3: 2n ** 40n });
  // The note has two arguments only: what is not there is 0.
  monitor.fire(probe, { arg0: "b.py", arg1: 3 });
  assert.deepEqual(monitor.events("points"), [
    { line: -7, file: "a.py", last: 2 ** 40 },
    { line: 0, file: "b.py", last: 0 },
  ]);
  assert.throws(() => monitor.fire(probe, { arg12: 1 }), /has no field arg12/);
});

test("fixed buckets: a bound belongs to the bucket below it", async () => {
  const text = `import { fixed, global, histogram, interval, monitor, type s64 } from "sonde/probe";
    monitor("buckets");
    const value = global<s64>(0);
    const sizes = histogram("sizes", { buckets: fixed(-5, 0, 10, 100, 1000) });
    interval({ seconds: 1 }, () => { sizes.observe(value.value); value.value += 1; });`;
  const monitor = await loadText(text);
  for (let i = 0; i < 12; i++) monitor.fire("interval:seconds:1");
  assert.deepEqual(monitor.series("sizes"), [{ labels: {}, count: 12, sum: 66, buckets: { 1: 1, 2: 10, 3: 1 } }]);
});

test("functions of a congestion control answer by the socket that they get", async () => {
  const monitor = await loadText(`import { monitor, structOps } from "sonde/probe";
    monitor("control");
    structOps("tcp_congestion_ops", {
      name: "half",
      ssthresh: (sk) => Math.max(sk.snd_cwnd / 2, 2),
      undo_cwnd: (sk) => sk.snd_cwnd,
      cong_avoid: (sk, ack, acked) => { sk.snd_cwnd += acked; sk.inet_conn.icsk_ca_priv[1] = ack; },
    });`);
  const asked = (member: string, event: object): number => monitor.fire(`struct_ops:half:${member}`, { ...event });
  assert.equal(asked("ssthresh", { arg0: { snd_cwnd: 21 } }), 10);
  assert.equal(asked("ssthresh", { arg0: { snd_cwnd: 1 } }), 2);
  assert.equal(asked("undo_cwnd", { arg0: { snd_cwnd: 7 } }), 7);
  assert.equal(asked("cong_avoid", { arg0: { snd_cwnd: 7 }, arg1: 1, arg2: 2 }), 0);
  const [map] = monitor.spec.maps.filter(({ type }) => type === "struct_ops");
  assert.equal(new TextDecoder().decode(map!.data).includes("half"), true);
  assert.deepEqual(
    map!.references?.map(({ name }) => name),
    ["struct_ops_half_ssthresh", "struct_ops_half_undo_cwnd", "struct_ops_half_cong_avoid"],
  );
});

const NETWORK = `
import { cgroup, counter, decode, lsm, monitor, netfilter, skLookup, tc, TcAction, u16, byteSwap } from "sonde/probe";

monitor("network");
const seen = counter("seen", { labels: { where: decode.text, port: decode.port } });

tc("lo", "egress", (packet) => {
  const port = packet.u16(36);
  if (port === undefined) return TcAction.next;
  seen.increment({ where: "tc", port });
  return packet.mark === 7 ? TcAction.drop : TcAction.next;
});
cgroup("/", "egress", (packet) => {
  seen.increment({ where: "group", port: packet.u16(22) ?? 0 });
});
cgroup("/", "connect4", ({ user_port }) => {
  const port = byteSwap(u16(user_port));
  seen.increment({ where: "connect", port });
  return port === 25 ? 0 : 1;
});
netfilter({ family: "ipv4", hook: "input", priority: 0 }, ({ state, skb }) => {
  seen.increment({ where: "netfilter", port: u16(skb.len + state.hook) });
  return skb.mark === 7 ? 0 : 1;
});
skLookup(({ local_port }) => {
  seen.increment({ where: "lookup", port: u16(local_port) });
});
lsm("socket_listen", ({ backlog }) => (backlog > 100 ? -1 : 0));
`;

test("hooks that decide, on packets and sockets that are made up", async () => {
  const monitor = await loadText(NETWORK);
  const frame = new Uint8Array(60);
  new DataView(frame.buffer).setUint16(36, 4000);
  assert.equal(monitor.fire("tc:lo:egress", {}, { packet: frame }), -1);
  assert.equal(monitor.fire("tc:lo:egress", { mark: 7 }, { packet: frame }), 2);
  assert.equal(monitor.fire("tc:lo:egress", {}, { packet: frame.subarray(0, 20) }), -1, "too short");
  assert.equal(monitor.fire("cgroup:/:egress", {}, { packet: frame.subarray(14) }), 1);
  assert.equal(monitor.fire("cgroup:/:connect4", { user_port: 0x1900 }), 0);
  assert.equal(monitor.fire("netfilter:ipv4:input:0", { state: { hook: 1 }, skb: { len: 40 } }), 1);
  assert.equal(monitor.fire("netfilter:ipv4:input:0", { state: { hook: 1 }, skb: { len: 41, mark: 7 } }), 0);
  assert.equal(monitor.fire("sk_lookup", { local_port: 80 }), 1);
  assert.equal(monitor.fire("lsm:socket_listen", { backlog: 128 }), -1);
  assert.equal(monitor.fire("lsm:socket_listen", { backlog: 5 }), 0);
  const counted = monitor.series("seen").map(({ labels, value }) => [labels["where"], labels["port"], value]);
  assert.deepEqual(
    counted.sort((a, b) => (String(a) < String(b) ? -1 : 1)),
    [
      ["connect", 25, 1],
      ["group", 4000, 1],
      ["lookup", 80, 1],
      ["netfilter", 41, 1],
      ["netfilter", 42, 1],
      ["tc", 4000, 2],
    ],
  );
});

test("a large function that is called twice is there once", async () => {
  const work = Array.from({ length: 12 }, (_, i) => `h = h * ${i + 3} + (h >> ${i + 1});`).join(" ");
  const { spec } = await loadText(`import { global, interval, monitor, type u64 } from "sonde/probe";
    monitor("twice");
    const total = global<u64>(0);
    function work(x: u64): u64 { let h: u64 = x; ${work} return h; }
    interval({ seconds: 1 }, () => { total.value = work(1) ^ work(2); });
    interval({ seconds: 2 }, () => { total.value = work(1); });`);
  const [twice, once] = spec.programs.map(({ functions }) => [...functions.keys()]);
  assert.deepEqual(twice, ["interval_seconds_1", "interval_seconds_1_work"]);
  assert.deepEqual(once, ["interval_seconds_2"]);
});

test("iterators: one object at a time, and nothing at the end", async () => {
  const monitor = await loadText(`import { counter, decode, iterator, monitor } from "sonde/probe";
    monitor("threads");
    const threads = counter("threads", { labels: { comm: decode.text } });
    iterator("task", ({ task }) => threads.increment({ comm: task.group_leader.comm }));`);
  for (const comm of ["bash", "node", "bash"]) monitor.fire("iter:task", { task: { group_leader: { comm } } });
  monitor.fire("iter:task", { task: 0 });
  const found = monitor.series("threads").map(({ labels, value }) => [labels["comm"], value]);
  assert.deepEqual(
    new Map(found as [string, number][]),
    new Map([
      ["bash", 2],
      ["node", 1],
    ]),
  );
});

test("what a kernel has is asked where it runs", async () => {
  const monitor = await loadText(`import { decode, monitor, stream, tracepoint } from "sonde/probe";
    monitor("drops");
    const drops = stream("drops", { reason: decode.int });
    tracepoint("skb:kfree_skb", (event) => drops.emit({ reason: "reason" in event ? event.reason : -1 }));`);
  monitor.fire("tracepoint:skb:kfree_skb", { reason: 6 });
  assert.deepEqual(monitor.events("drops"), [{ reason: 6 }]);
});
