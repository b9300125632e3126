/** Monitors in the kernel, beside workloads whose numbers are known. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readObject, writeObject } from "@sonde/bpf/elf";
import type { ObjectSpec } from "@sonde/bpf/spec";
import type { Ring } from "@sonde/kernel/rings";
import { kernelTest } from "@sonde/kernel/testing";
import { Bytes, fieldsDecoder } from "@sonde/runtime";
import { loadObject, type LiveObject } from "sonde";
import { loadText } from "./text.ts";

/** As it comes out of the file that `sonde build` writes. */
async function build(text: string): Promise<ObjectSpec> {
  const { spec } = await loadText(text);
  return readObject(writeObject(spec), { name: spec.name });
}

/** Series of a counter: the value by the label's. */
function counts(live: LiveObject, spec: ObjectSpec, metric: string): Map<unknown, number> {
  const view = spec.manifest.maps.find(({ name }) => name === metric)!;
  const decode = fieldsDecoder(view.keys);
  const found = new Map<unknown, number>();
  const { keySize, entrySize } = live.map(view.map).layout;
  live.map(view.map).forEach((keys, key, values, value) => {
    const bytes = (view: DataView, offset: number, size: number): Uint8Array<ArrayBuffer> =>
      new Uint8Array(view.buffer, view.byteOffset + offset, size).slice();
    const words = new BigUint64Array(bytes(values, value, entrySize).buffer);
    const label = decode(new Bytes(bytes(keys, key, keySize)), 0)[0];
    found.set(label, Number(words.reduce((sum, word) => sum + word, 0n)));
  });
  return found;
}

/** The fields of all events so far. */
function events(live: LiveObject, spec: ObjectSpec): unknown[][] {
  const found: unknown[][] = [];
  const ring = live.reader(spec.manifest.ring!) as Ring;
  ring.drain((view, offset, length) => {
    const record = new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
    const id = new DataView(record.buffer).getUint32(0, true);
    found.push(fieldsDecoder(spec.manifest.events[id]!.fields)(new Bytes(record), 0));
  });
  return found;
}

const dd = (count: number): void =>
  void execFileSync("dd", ["if=/dev/zero", "of=/dev/null", "bs=1", `count=${count}`, "status=none"]);

kernelTest("a counter by the command's name counts dd's writes", { needs: ["tracepoint"] }, async () => {
  const spec = await build(`
    import { comm, counter, decode, monitor, ppid, tracepoint } from "sonde/probe";
    monitor("writes");
    const writes = counter("writes", { labels: { comm: decode.comm } });
    tracepoint("syscalls:sys_enter_write", ({ fd, count }) => {
      if (ppid() === ${process.pid} && comm() === "dd" && count === 1) writes.increment();
    });`);
  using live = loadObject(spec);
  live.attach();
  dd(1234);
  assert.equal(counts(live, spec, "writes").get("dd"), 1234);
});

kernelTest("a stream tells of every program that was started, with its parent", { needs: ["tracepoint"] }, async () => {
  const spec = await build(`
    import { currentTask, decode, monitor, pid, stream, tracepoint } from "sonde/probe";
    monitor("execs");
    const execs = stream("execs", { pid: decode.pid, parent: decode.ppid, comm: decode.comm, file: decode.path });
    tracepoint("sched:sched_process_exec", ({ filename }) => {
      if (currentTask().real_parent.tgid === ${process.pid}) execs.emit({ file: filename });
    });`);
  using live = loadObject(spec);
  live.attach();
  for (let i = 0; i < 5; i++) execFileSync("/bin/true");
  const seen = events(live, spec);
  assert.equal(seen.length, 5);
  for (const [pid, parent, comm, file] of seen) {
    assert.ok(Number(pid) > 0 && pid !== process.pid);
    assert.deepEqual([parent, comm, file], [process.pid, "true", "/bin/true"]);
  }
});

kernelTest("who runs: a name that is shorter than the last one, its numbers, its parent", async () => {
  const spec = await build(`
    import { counter, currentTask, decode, monitor, pid, stream, tid, tracepoint } from "sonde/probe";
    monitor("who");
    const writes = counter("writes", { labels: { comm: decode.comm } });
    const seen = stream("seen", { pid: decode.pid, tid: decode.int, leader: decode.int, comm: decode.comm });
    tracepoint("syscalls:sys_enter_write", ({ count }) => {
      if (currentTask().real_parent.tgid !== ${process.pid} || count !== 9) return;
      writes.increment();
      seen.emit({ tid: tid(), leader: currentTask().group_leader.pid });
    });`);
  using live = loadObject(spec);
  live.attach();
  const child = `
    const { openSync, writeFileSync, writeSync } = require("node:fs");
    for (const name of ["a-longer-name", "short"]) writeFileSync("/proc/self/comm", name);
    const nowhere = openSync("/dev/null", "w");
    for (let i = 0; i < 9; i++) writeSync(nowhere, "nine bytes".slice(1));
    process.stdout.write(String(process.pid));`;
  const pid = Number(execFileSync(process.execPath, ["-e", child], { encoding: "utf8" }));
  assert.deepEqual([...counts(live, spec, "writes")], [["short", 9]]);
  assert.deepEqual(
    events(live, spec),
    Array.from({ length: 9 }, () => [pid, pid, pid, "short"]),
  );
});

kernelTest("a start is met by its end: how long sleeps last", { needs: ["tracepoint"] }, async () => {
  const spec = await build(`
    import { exp2, hash, histogram, ktime, monitor, pid, tid, tracepoint, type u32, type u64 } from "sonde/probe";
    monitor("sleeps");
    const started = hash<u32, u64>();
    const lengths = histogram("sleep_seconds", { unit: "nanoseconds", buckets: exp2(20, 34) });
    tracepoint("syscalls:sys_enter_clock_nanosleep", () => started.set(tid(), ktime()));
    tracepoint("syscalls:sys_exit_clock_nanosleep", ({ ret }) => {
      const t0 = started.take(tid());
      if (t0 === undefined || ret !== 0) return;
      const ns = ktime() - t0;
      if (ns >= 300_000_000 && ns < 400_000_000) lengths.observe(ns);
    });`);
  using live = loadObject(spec);
  live.attach();
  for (let i = 0; i < 3; i++) execFileSync("sleep", ["0.31"]);
  const view = spec.manifest.maps.find(({ name }) => name === "sleep_seconds")!.value;
  assert.ok(view.kind === "hist" && view.totalOffset !== undefined);
  const words = new BigUint64Array(view.buckets + 1);
  for (const value of [...live.typed<number, readonly (readonly bigint[])[]>("sleep_seconds").entries()][0]![1])
    value.forEach((word, index) => (words[index]! += word));
  assert.equal(
    words.slice(0, -1).reduce((sum, count) => sum + count, 0n),
    3n,
  );
  // Values from 2^28 to 2^29 are in bucket 30.
  assert.equal(words[30], 3n);
  const total = Number(words.at(-1));
  assert.ok(total > 3 * 310e6 && total < 3 * 400e6, String(total));
});

kernelTest(
  "arguments of tracepoints by BTF: pointers into the kernel are followed",
  { needs: ["tp_btf"] },
  async () => {
    const spec = await build(`
    import { btfTracepoint, counter, decode, monitor } from "sonde/probe";
    monitor("exits");
    const exits = counter("exits", { labels: { comm: decode.text } });
    btfTracepoint("sched_process_exit", ({ p }) => {
      if (p.real_parent.tgid === ${process.pid} && p.pid === p.tgid) exits.increment({ comm: p.comm });
    });`);
    using live = loadObject(spec);
    live.attach();
    for (let i = 0; i < 7; i++) execFileSync("/bin/true");
    assert.deepEqual([...counts(live, spec, "exits")], [["true", 7]]);
  },
);

const VFS = (hook: string): string => `
  import { comm, counter, decode, ${hook}, monitor, ppid } from "sonde/probe";
  monitor("reads");
  const reads = counter("reads", { labels: { comm: decode.comm } });
  ${hook}("vfs_read", ({ file, count }) => {
    if (ppid() === ${process.pid} && comm() === "dd" && count === 1 && file.f_inode.i_size === 0) reads.increment();
  });`;

for (const [hook, needs] of [
  ["kprobe", "kprobe"],
  ["fentry", "fentry"],
] as const)
  kernelTest(`${hook}: arguments of a kernel function`, { needs: [needs] }, async () => {
    const spec = await build(VFS(hook));
    using live = loadObject(spec);
    live.attach();
    dd(777);
    assert.equal(counts(live, spec, "reads").get("dd"), 777);
  });

kernelTest("fexit and kretprobe: results", { needs: ["fexit", "kretprobe"] }, async () => {
  const spec = await build(`
    import { comm, counter, decode, fexit, kretprobe, monitor, ppid } from "sonde/probe";
    monitor("results");
    const bytes = counter("bytes", { labels: { way: decode.text } });
    fexit("vfs_read", ({ count, retval }) => {
      if (ppid() === ${process.pid} && comm() === "dd" && count === 3 && retval > 0) bytes.add(retval, { way: "fexit" });
    });
    kretprobe("vfs_read", ({ retval }) => {
      if (ppid() === ${process.pid} && comm() === "dd" && retval === 3) bytes.add(retval, { way: "kretprobe" });
    });`);
  using live = loadObject(spec);
  live.attach();
  execFileSync("dd", ["if=/dev/zero", "of=/dev/null", "bs=3", "count=100", "status=none"]);
  const seen = counts(live, spec, "bytes");
  assert.deepEqual([seen.get("fexit"), seen.get("kretprobe")], [300, 300]);
});

kernelTest("uprobe: a function of a library, its string argument", { needs: ["uprobe"] }, async () => {
  const libc = /\S*libc\.so\.6/.exec(readFileSync("/proc/self/maps", "utf8"))![0];
  const spec = await build(`
    import { decode, monitor, readUserString, stream, uprobe } from "sonde/probe";
    monitor("environment");
    const asked = stream("asked", { name: decode.text(32), comm: decode.comm });
    uprobe(${JSON.stringify(libc)}, "getenv", ({ arg0 }) => {
      const name = readUserString(arg0, 32);
      if (name === "QUOTING_STYLE") asked.emit({ name });
    });`);
  using live = loadObject(spec);
  live.attach();
  execFileSync("ls");
  const seen = events(live, spec);
  assert.ok(seen.length >= 1);
  assert.deepEqual(seen[0], ["QUOTING_STYLE", "ls"]);
});

kernelTest("XDP on the loopback: datagrams by port, read within the packet's bounds", async () => {
  const spec = await build(`
    import { counter, decode, monitor, xdp, XdpAction } from "sonde/probe";
    monitor("datagrams");
    const ETH = 14, IP = 0x0800, UDP = 17;
    const datagrams = counter("datagrams", { labels: { port: decode.port } });
    xdp("lo", (packet) => {
      if (packet.u16(12) !== IP || packet.u8(ETH + 9) !== UDP) return XdpAction.pass;
      const first = packet.u8(ETH);
      if (first === undefined) return XdpAction.pass;
      const port = packet.u16(ETH + (first & 15) * 4 + 2);
      if (port === 45_678) datagrams.increment({ port });
      return XdpAction.pass;
    });`);
  using live = loadObject(spec);
  live.attach();
  const receiver = createSocket("udp4");
  receiver.bind(45_678, "127.0.0.1");
  await once(receiver, "listening");
  let received = 0;
  receiver.on("message", () => received++);
  const sender = createSocket("udp4");
  for (let i = 0; i < 100; i++) await new Promise((done) => sender.send("x", 45_678, "127.0.0.1", done));
  for (let i = 0; i < 50 && received < 100; i++) await sleep(20);
  sender.close();
  receiver.close();
  assert.equal(received, 100);
  assert.deepEqual([...counts(live, spec, "datagrams")], [[45_678, 100]]);
});

kernelTest("parameters and globals are changed while programs run", { needs: ["tracepoint"] }, async () => {
  const spec = await build(`
    import { comm, global, monitor, ppid, param, tracepoint, type u64 } from "sonde/probe";
    monitor("globals");
    const step = param("step", 1);
    const total = global<u64>(0);
    tracepoint("syscalls:sys_enter_write", ({ count }) => {
      if (ppid() === ${process.pid} && comm() === "dd" && count === 1) total.value += step;
    });`);
  using live = loadObject(spec);
  live.attach();
  const globals = live.globals<{ step: number | bigint; total: number | bigint }>(".data");
  dd(100);
  globals.step = 5n;
  dd(100);
  assert.equal(Number(globals.total), 600);
});

kernelTest("usdt: a program that passes its probe ten times", { needs: ["uprobe"] }, async () => {
  const sample = fileURLToPath(new URL("../../../kernel/testdata/usdt-sample", import.meta.url));
  const spec = await build(`
    import { counter, decode, monitor, usdt } from "sonde/probe";
    monitor("rounds");
    const rounds = counter("rounds", { labels: { comm: decode.comm } });
    usdt(${JSON.stringify(sample)}, "sonde_test", "plain", () => rounds.increment());`);
  using live = loadObject(spec);
  live.attach();
  execFileSync(sample, { input: "x" });
  assert.deepEqual([...counts(live, spec, "rounds")], [["usdt-sample", 10]]);
});

for (const name of ["usdt-sample", "usdt-sample-pie"])
  kernelTest(`usdt: arguments of ${name}, in registers, memory and constants`, { needs: ["uprobe"] }, async () => {
    const sample = fileURLToPath(new URL(`../../../kernel/testdata/${name}`, import.meta.url));
    const spec = await build(`
      import { decode, monitor, stream, usdt, type s32, type s64 } from "sonde/probe";
      monitor("arguments");
      const seen = stream("seen", { round: decode.int, negative: decode.int, constant: decode.int });
      const squares = stream("squares", { square: decode.int, round: decode.int });
      usdt(${JSON.stringify(sample)}, "sonde_test", "plain", (round: s64, negative: s32, constant: s32) =>
        seen.emit({ round, negative, constant }));
      usdt(${JSON.stringify(sample)}, "sonde_test", "indexed", (square: s32, round: s64) =>
        squares.emit({ square, round }));`);
    using live = loadObject(spec);
    live.attach();
    execFileSync(sample, { input: "x" });
    assert.deepEqual(
      events(live, spec).map((fields) => fields.map(Number)),
      Array.from({ length: 10 }, (_, i) => [
        [i + 1, -5, 1234],
        [-((i + 1) ** 2), i + 1],
      ]).flat(),
    );
  });

/** As Reno: half of the window after a loss, one segment more for each acknowledged one or each window of them. */
const RENO = `
  import { counter, decode, monitor, structOps } from "sonde/probe";
  monitor("reno");
  const asked = counter("asked", { labels: { what: decode.text } });
  structOps("tcp_congestion_ops", {
    name: "sonde_reno",
    flags: 1,
    ssthresh: (sk) => { asked.increment({ what: "ssthresh" }); return Math.max(sk.snd_cwnd / 2, 2); },
    undo_cwnd: (sk) => Math.max(sk.snd_cwnd, sk.prior_cwnd),
    cong_avoid: (sk, ack, acked) => {
      asked.increment({ what: "cong_avoid" });
      if (sk.snd_cwnd < sk.snd_ssthresh) sk.snd_cwnd += acked;
      else {
        sk.snd_cwnd_cnt += acked;
        if (sk.snd_cwnd_cnt < sk.snd_cwnd) return;
        sk.snd_cwnd_cnt = 0;
        sk.snd_cwnd++;
      }
    },
  });`;

kernelTest("structOps: a congestion control that connections use", { needs: ["struct_ops"] }, async () => {
  const available = (): string => readFileSync("/proc/sys/net/ipv4/tcp_available_congestion_control", "utf8");
  const chosen = "/proc/sys/net/ipv4/tcp_congestion_control";
  const spec = await build(RENO);
  const before = readFileSync(chosen, "utf8");
  {
    using live = loadObject(spec);
    live.attach();
    live.register("sonde_reno");
    assert.match(available(), /sonde_reno/);
    writeFileSync(chosen, "sonde_reno");
    try {
      await sendMegabytes(4);
    } finally {
      writeFileSync(chosen, before);
    }
    assert.ok((counts(live, spec, "asked").get("cong_avoid") ?? 0) > 5, "it was asked");
  }
  assert.doesNotMatch(available(), /sonde_reno/);
});

/** Over the loopback, to a server of this process. */
async function sendMegabytes(megabytes: number): Promise<void> {
  let received = 0;
  const server = createServer((socket) => socket.on("data", (chunk) => (received += chunk.length)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect(port, "127.0.0.1");
  client.end(Buffer.alloc(megabytes << 20));
  await once(client, "close");
  server.close();
  await once(server, "close");
  assert.equal(received, megabytes << 20);
}

kernelTest("iterators: every thread of this process, and its listening socket", { needs: ["iterator"] }, async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const spec = await build(`
    import { counter, decode, iterator, monitor } from "sonde/probe";
    monitor("objects");
    const threads = counter("threads", { labels: { comm: decode.text } });
    const listening = counter("listening", { labels: { port: decode.port } });
    iterator("task", ({ task }) => {
      if (task.tgid === ${process.pid}) threads.increment({ comm: task.group_leader.comm });
    });
    iterator("tcp", ({ sk_common }) => {
      if (sk_common.skc_state === 10 && sk_common.skc_num === ${port}) listening.increment({ port: sk_common.skc_num });
    });`);
  using live = loadObject(spec);
  for (const name of ["iter_task", "iter_tcp"])
    for await (const text of live.iterate(name)) assert.equal(text.length, 0);
  const [threads] = [...counts(live, spec, "threads").values()];
  assert.equal(threads, readdirSync("/proc/self/task").length);
  assert.deepEqual([...counts(live, spec, "listening")], [[port, 1]]);
  server.close();
});

kernelTest("loop: a million turns, some of them ended early", { needs: ["bpf_loop", "tracepoint"] }, async () => {
  const spec = await build(`
    import { comm, global, loop, monitor, ppid, tracepoint, type u64 } from "sonde/probe";
    monitor("turns");
    const total = global<u64>(0);
    tracepoint("syscalls:sys_enter_write", ({ count }) => {
      if (ppid() !== ${process.pid} || comm() !== "dd" || count !== 1) return;
      let sum: u64 = 0;
      loop(1_000_000, (i) => { sum += i & count; });
      loop(1_000_000, (i) => { sum++; return i === 9; });
      total.value += sum;
    });`);
  using live = loadObject(spec);
  live.attach();
  dd(3);
  assert.equal(Number(live.globals<{ total: number | bigint }>(".data").total), 3 * (500_000 + 10));
});

kernelTest("timers: started by a packet, again by themselves, and cancelled", { needs: ["timer"] }, async () => {
  const spec = await build(`
    import { global, monitor, timer, xdp, XdpAction, type u64 } from "sonde/probe";
    monitor("timers");
    const ticks = global<u64>(0);
    const late = global<u64>(0);
    const cancelled = global<u64>(0);
    const tick = timer(() => {
      ticks.value += 1;
      if (ticks.value < 4) tick.start(5_000_000);
    });
    const never = timer(() => { late.value += 1; });
    xdp("lo", (packet) => {
      if (packet.u16(36) !== 45_679) return XdpAction.pass;
      tick.start(5_000_000);
      never.start(200_000_000);
      if (never.cancel()) cancelled.value += 1;
      return XdpAction.pass;
    });`);
  using live = loadObject(spec);
  live.attach();
  const sender = createSocket("udp4");
  await new Promise((done) => sender.send("x", 45_679, "127.0.0.1", done));
  sender.close();
  const globals = live.globals<Record<"ticks" | "late" | "cancelled", number | bigint>>(".data");
  for (let i = 0; i < 100 && Number(globals.ticks) < 4; i++) await sleep(10);
  await sleep(220);
  assert.deepEqual([globals.ticks, globals.late, globals.cancelled].map(Number), [4, 0, 1]);
});
