// What a monitor may cost is held: of CPU time, of series. What it could not keep is counted.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { runSonde } from "../support/sonde.js";
import { fetchText } from "../support/services.js";
import { persistentAgent, pinsBelow, until } from "./agents.js";
import { keepWriting, scratch, writer } from "./load.js";

/** @param {string} budget @param {string} comm */
const expensive = (budget, comm) => `/*
 * ---
 * help: As much work as a whole CPU has
 * budget: ${budget}
 * metrics:
 *   - { map: "@h", name: test_expensive, help: Work }
 * ---
 */
tracepoint:syscalls:sys_enter_write /comm == "${comm}"/ { unroll(100) { @h = hist(nsecs); } }
`;

test("a monitor that would cost a whole CPU is tripped, and the machine is well again", async (t) => {
  const directory = scratch(t);
  const dd = writer(t, "x");
  writeFileSync(path.join(directory, "expensive.bt"), expensive("{ cpu: 0.05 }", dd.name));
  const agent = await persistentAgent(t, directory);
  const started = performance.now();
  const load = keepWriting([dd], 50_000);
  const status = await until(async () => {
    const shown = await agent.show("expensive");
    return shown.state === "on" ? undefined : shown;
  });
  t.diagnostic(`tripped after ${((performance.now() - started) / 1000).toFixed(1)} s: ${status.reason}`);
  assert.equal(status.state, "tripped");
  assert.match(
    status.reason ?? "",
    /^it took \d[\d.]*% of a CPU \(\d+ events a second of \d+ ns\); its budget is 5.00%$/,
  );
  assert.deepEqual(pinsBelow(`${agent.pins}/expensive/hooks`), []);
  assert.equal(await agent.sample('sonde_monitor_trips_total{monitor="expensive"}'), 1);
  assert.equal(await agent.sample('sonde_monitor_state{monitor="expensive",state="tripped"}'), 1);
  await load.stop();

  // It stays so when the agent starts again, until somebody wants it back.
  await agent.killAndStart();
  assert.equal((await agent.show("expensive")).state, "tripped");
  assert.equal((await agent.post("expensive/enable")).state, "on");
});

test("a monitor comes back by itself if it asks for that", async (t) => {
  const directory = scratch(t);
  const dd = writer(t, "y");
  writeFileSync(path.join(directory, "expensive.bt"), expensive("{ cpu: 0.05, come_back: 2 }", dd.name));
  const agent = await persistentAgent(t, directory);
  const load = keepWriting([dd], 50_000);
  await until(async () => ((await agent.show("expensive")).state === "tripped" ? true : undefined));
  await load.stop();
  await until(async () => ((await agent.show("expensive")).state === "on" ? true : undefined));
});

test("the cost of a monitor is what the kernel's statistics say", async (t) => {
  const directory = scratch(t);
  const dd = writer(t, "z");
  writeFileSync(path.join(directory, "expensive.bt"), expensive("{ cpu: 10 }", dd.name));
  const agent = await persistentAgent(t, directory);
  const [link = ""] = pinsBelow(`${agent.pins}/expensive/hooks`).filter((pin) => pin.includes("link"));
  const load = keepWriting([dd], 50_000);
  const { cost } = await until(async () => {
    const shown = await agent.show("expensive");
    return shown["cost"]?.eventsPerSecond > 0 ? shown : undefined;
  });
  // The same program, as bpftool sees it over a second.
  const id = bpftool("link", "show", "pinned", link).prog_id;
  execFileSync("sysctl", ["-qw", "kernel.bpf_stats_enabled=1"]);
  const before = bpftool("prog", "show", "id", id);
  await sleep(1000);
  const after = bpftool("prog", "show", "id", id);
  execFileSync("sysctl", ["-qw", "kernel.bpf_stats_enabled=0"]);
  await load.stop();
  const each = (after.run_time_ns - (before.run_time_ns ?? 0)) / (after.run_cnt - (before.run_cnt ?? 0));
  t.diagnostic(`${Math.round(cost.nanosecondsPerEvent)} ns an event here, ${Math.round(each)} by bpftool`);
  assert.ok(cost.nanosecondsPerEvent > each / 3 && cost.nanosecondsPerEvent < each * 3);
  assert.ok(cost.cpu > 0.05, JSON.stringify(cost));
});

/**
 * Ten writes of each of 150 sizes, where a hundred have room: 50 of them go to "other", and every sum is that of the writes.
 * @param {Awaited<ReturnType<typeof persistentAgent>>} agent @param {ReturnType<typeof writer>} dd
 */
async function exactWithOther(agent, dd) {
  let sum = 0;
  for (let size = 1; size <= 150; size++) {
    await dd.write(10, size);
    sum += 10 * size;
  }
  const lines = (await (await fetch(`${agent.url}/metrics`)).text()).split("\n");
  const counts = lines.flatMap((line) => /^test_writes_total\{size="(.*)"\} (\d+)$/.exec(line)?.slice(1) ?? []);
  const total = counts.filter((_, i) => i % 2 === 1).reduce((all, n) => all + Number(n), 0);
  assert.equal(counts.length / 2, 101);
  assert.equal(total, 1500);
  assert.equal(await agent.sample('test_writes_total{size="other"}'), 500);
  assert.equal(await agent.sample('test_sizes_count{size="other"}'), 500);
  const ours = lines.flatMap((line) => /^test_sizes_sum\{.*\} (\d+)$/.exec(line)?.[1] ?? []);
  assert.equal(
    ours.reduce((all, n) => all + Number(n), 0),
    sum,
  );
}

test("series beyond the budget are one series, nothing is lost, and each time is counted", async (t) => {
  const directory = scratch(t);
  const dd = writer(t, "s");
  const text = `/*
 * ---
 * help: Writes by size
 * budget: { series: 200 }
 * metrics:
 *   - { map: "@by", name: test_writes, help: Writes, labels: [size] }
 *   - { map: "@sizes", name: test_sizes, help: Sizes, labels: [size], buckets: { min: 1, max: 1024 } }
 * ---
 */
tracepoint:syscalls:sys_enter_write /comm == "${dd.name}"/ { @by[args.count] = count(); @sizes[args.count] = hist(args.count); }
`;
  writeFileSync(path.join(directory, "sizes.bt"), text);
  const agent = await persistentAgent(t, directory);
  await exactWithOther(agent, dd);
  assert.equal(await agent.sample('sonde_monitor_overflows_total{monitor="sizes"}'), 1000);
  assert.deepEqual((await agent.show("sizes")).lost, { ringFull: 0, mapFull: 0, stackLost: 0, stackIncomplete: 0 });
  // Other's part is carried like any other.
  await agent.killAndStart();
  assert.equal(await agent.sample('test_writes_total{size="other"}'), 500);
});

test("and so in a monitor of TypeScript, whose maps are made as small as its budget", async (t) => {
  const directory = scratch(t);
  const dd = writer(t, "t");
  const source = path.join(directory, "sizes.ts");
  writeFileSync(
    source,
    `import { comm, counter, decode, histogram, linear, monitor, tracepoint } from "sonde/probe";
     monitor("sizes", { help: "Writes by size", budget: { series: 200 } });
     const labels = { size: decode.uint };
     const writes = counter("test_writes", { help: "Writes", labels });
     const sizes = histogram("test_sizes", { help: "Sizes", labels, buckets: linear(0, 1024, 64) });
     tracepoint("syscalls:sys_enter_write", ({ count }) => {
       if (comm() !== "${dd.name}") return;
       writes.increment({ size: count });
       sizes.observe(count, { size: count });
     });
    `,
  );
  const built = await runSonde(["build", source, "-o", path.join(directory, "sizes.o")]);
  assert.equal(built.status, 0, built.stderr);
  rmSync(source);
  const agent = await persistentAgent(t, directory);
  await exactWithOther(agent, dd);
  assert.equal(await agent.sample('sonde_monitor_overflows_total{monitor="sizes"}'), 1000);
  await agent.killAndStart();
  assert.equal(await agent.sample('test_writes_total{size="other"}'), 500);
});

test("every loss is a counter of the documented list, and the list is whole", async (t) => {
  const directory = scratch(t);
  const text = `/*
 * ---
 * help: Processes by container
 * metrics:
 *   - map: "@by"
 *     name: test_execs
 *     help: Execs
 *     labels: [{ name: container, part: 1, decode: container }]
 * ---
 */
tracepoint:sched:sched_process_exec { @by[cgroup] = count(); }
`;
  writeFileSync(path.join(directory, "execs.bt"), text);
  const agent = await persistentAgent(t, directory, ["--remote-write", "http://127.0.0.1:9/api/v1/write"]);
  // The same metric twice: only the first is exported, and that is counted.
  writeFileSync(path.join(directory, "more.bt"), text);
  const left = 'sonde_read_conflict_errors_total{monitor="more"}';
  await until(async () => ((await agent.sample(left)) ?? 0) > 0 || undefined);
  const exposed = [...(await fetchText(`${agent.url}/metrics`)).matchAll(/^# TYPE (\S+) counter$/gm)];
  const counters = exposed.map(([, name]) => name);
  const [, section = ""] = readFileSync("docs/agent.md", "utf8").split(/^## What was lost$/m);
  const documented = section.split(/^## /m)[0]?.matchAll(/^\| `(\w+)/gm) ?? [];
  const listed = new Set(Array.from(documented, ([, name]) => name));
  const losses = counters.filter((name) => /lost|dropped|missed|overflow|error|failure|retries|trips/.test(name ?? ""));
  assert.deepEqual(new Set(losses), listed);
});

test("a second agent with the same state directory is refused", async (t) => {
  const directory = scratch(t);
  const agent = await persistentAgent(t, directory);
  const words = ["agent", "--listen", "127.0.0.1:0", "--monitors", directory, "--state", agent.state];
  const { status, stderr } = spawnSync("bin/sonde", words, { encoding: "utf8", timeout: 20_000 });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /another agent runs with the state directory .*: stop it, or give this one a directory of its own/,
  );
});

/** @param {readonly string[]} words @returns {any} */
function bpftool(...words) {
  return JSON.parse(execFileSync("bpftool", ["-j", ...words.map(String)], { encoding: "utf8" }));
}
