// Not one event is lost or counted twice while a monitor is upgraded, taken back, switched off and on, and while
// its agent is killed. dd says how many there were. SONDE_AGENT_ROUNDS=N makes it N times as long.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { persistentAgent, pinsBelow, until } from "./agents.js";
import { keepWriting, scratch, writer } from "./load.js";
import { refusedObject } from "./objects.js";
import { writesMonitor } from "./monitors.js";

const rounds = Number(process.env["SONDE_AGENT_ROUNDS"] ?? 1);
const UPGRADES = 100 * rounds;
const KILLS = 10 * rounds;

test("a hundred upgrades and ten kills under load", async (t) => {
  const directory = scratch(t);
  const writers = [writer(t, "a"), writer(t, "b")];
  const names = writers.map(({ name }) => name);
  const versions = [
    writesMonitor(names),
    // Another map, and another probe.
    writesMonitor(names, { more: "@last[comm] = nsecs; } tracepoint:syscalls:sys_exit_write { @exits = count();" }),
    // The same maps in another size: what they held is added.
    writesMonitor(names, { more: "@recent = nsecs;", header: " * budget: { series: 500 }" }),
  ];
  writeFileSync(path.join(directory, "writes.bt"), versions[0] ?? "");
  const agent = await persistentAgent(t, directory);
  const load = keepWriting(writers, 200_000);
  const refused = refusedObject(versions[0] ?? "", "writes");

  for (let upgrade = 1; upgrade <= UPGRADES; upgrade++) {
    const status = await agent.upgrade("writes", "writes.bt", versions[upgrade % versions.length] ?? "");
    assert.equal(status.state, "on", JSON.stringify(status));
    assert.equal(status.reason, undefined);
    if (upgrade % (UPGRADES / KILLS) === 0) await agent.killAndStart();
    if (upgrade % 25 === 0) {
      const { state, reason } = await agent.upgrade("writes", "writes.o", refused);
      assert.equal(state, "on");
      assert.match(reason ?? "", /goes on, the new one was refused: .*R0 !read_ok/s);
    }
  }
  t.diagnostic(`${await load.stop()} writes a second, ${UPGRADES} upgrades, ${KILLS} kills`);

  const total = writers.reduce((sum, { written }) => sum + written(), 0);
  assert.equal(await agent.sample("test_writes_total"), total);
  for (const { name, written } of writers)
    assert.equal(await agent.sample(`test_writes_by_program_total{comm="${name}"}`), written());
  assert.equal(await agent.sample("test_write_size_bytes_count"), total);
  assert.equal(await agent.sample("test_write_size_bytes_sum"), total);
  assert.equal(await agent.sample('test_write_size_bytes_bucket{le="1"}'), total);
  const { lost, version } = await agent.show("writes");
  assert.deepEqual(lost, { ringFull: 0, mapFull: 0, stackLost: 0, stackIncomplete: 0 });
  assert.ok(
    version.attached.every(({ way, pinned }) => way === "root" && pinned),
    JSON.stringify(version.attached),
  );

  await agent.end("SIGINT");
  assert.deepEqual(pinsBelow(agent.pins), []);
});

test("without CAP_SYS_ADMIN, which only the measuring of cost needs, it is as exact", async (t) => {
  const directory = scratch(t);
  const dd = writer(t, "g");
  const sized = (/** @type {number} */ series) =>
    writesMonitor([dd.name], { more: "@recent = nsecs;", header: ` * budget: { series: ${series} }` });
  writeFileSync(path.join(directory, "writes.bt"), sized(100));
  const agent = await persistentAgent(t, directory, ["--keep-capabilities", "bpf,perfmon"]);
  const load = keepWriting([dd], 200_000);
  for (let upgrade = 1; upgrade <= 10; upgrade++) {
    const version = upgrade % 2 === 0 ? sized(100 * upgrade) : writesMonitor([dd.name]);
    const { state, reason } = await agent.upgrade("writes", "writes.bt", version);
    assert.equal(state, "on");
    assert.equal(reason, undefined);
    if (upgrade % 3 === 0) await agent.killAndStart();
    if (upgrade % 4 === 0) await agent.post("writes/rollback");
  }
  await load.stop();
  assert.equal(await agent.sample("test_writes_total"), dd.written());
  assert.equal(await agent.sample(`test_writes_by_program_total{comm="${dd.name}"}`), dd.written());
  assert.equal(await agent.sample("test_write_size_bytes_count"), dd.written());
  assert.match(readFileSync(`/proc/${agent.pid()}/status`, "utf8"), /^CapEff:\s+000000c000000000$/m);
});

test("switched off and on, counters count exactly the events between", async (t) => {
  const directory = scratch(t);
  const dd = writer(t, "c");
  writeFileSync(path.join(directory, "writes.bt"), writesMonitor([dd.name]));
  const agent = await persistentAgent(t, directory);
  let counted = 0;
  for (let round = 0; round < 3; round++) {
    await dd.write(10_000 + round);
    counted += 10_000 + round;
    await agent.post("writes/disable");
    await dd.write(50_000);
    if (round === 1) await agent.killAndStart();
    assert.equal(await agent.sample("test_writes_total"), undefined);
    await agent.post("writes/enable");
    assert.equal(await agent.sample("test_writes_total"), counted);
  }
  assert.equal(await agent.sample(`test_writes_by_program_total{comm="${dd.name}"}`), counted);
  assert.equal(await agent.sample("test_write_size_bytes_count"), counted);
});

test("a version that loses events is taken back by itself, and one can be taken back on demand", async (t) => {
  const directory = scratch(t);
  const dd = writer(t, "d");
  writeFileSync(path.join(directory, "writes.bt"), writesMonitor([dd.name]));
  const agent = await persistentAgent(t, directory, ["--health-window", "2"]);
  const load = keepWriting([dd], 200_000);
  await sleep(500);
  // However slow the machine: a map that is full after its first 4096 events.
  // It is to go for what it loses, not for what it costs.
  const lossy = writesMonitor([dd.name], { more: "@full[nsecs] = 1;", header: " * budget: { cpu: 2 }" });
  assert.equal((await agent.upgrade("writes", "writes.bt", lossy)).version.settled, false);
  const status = await until(async () => {
    const shown = await agent.show("writes");
    return shown.reason === undefined ? undefined : shown;
  });
  assert.equal(status.state, "on");
  assert.match(
    status.reason ?? "",
    /^version 2 was taken back: it lost \d+ updates that a map had no room for a second/,
  );

  // A good one settles; going back is exact too, before and after that.
  const good = writesMonitor([dd.name], { more: "@recent = nsecs;" });
  await agent.upgrade("writes", "writes.bt", good);
  await agent.post("writes/rollback");
  const smaller = writesMonitor([dd.name], { header: " * budget: { series: 300 }" });
  await agent.upgrade("writes", "writes.bt", smaller);
  await agent.post("writes/rollback");
  await agent.upgrade("writes", "writes.bt", good);
  await until(async () => ((await agent.show("writes")).version.settled ? true : undefined));
  await agent.post("writes/rollback");
  await load.stop();
  assert.equal(await agent.sample("test_writes_total"), dd.written());
  assert.equal(await agent.sample("test_write_size_bytes_count"), dd.written());
  assert.equal(await agent.sample(`test_writes_by_program_total{comm="${dd.name}"}`), dd.written());
});

test("an ordinary restart loses nothing, and a map whose layout changes starts anew with a time", async (t) => {
  const directory = scratch(t);
  const dd = writer(t, "e");
  const file = path.join(directory, "writes.bt");
  writeFileSync(file, writesMonitor([dd.name]));
  const agent = await persistentAgent(t, directory);
  await dd.write(5000);
  await agent.end("SIGTERM");
  assert.ok(pinsBelow(agent.pins).length > 0);
  await dd.write(7000);
  // The file is another one by then: taken up first, then upgraded.
  writeFileSync(
    file,
    writesMonitor([dd.name], { count: "@writes[pid] = count();" }).replace(
      "Calls of write(2)\n",
      "Calls of write(2)\n *     labels: [pid]\n",
    ),
  );
  await agent.start();
  assert.equal(await agent.sample(`test_writes_by_program_total{comm="${dd.name}"}`), 12_000);
  await dd.write(300);
  const metrics = await (await fetch(`${agent.url}/metrics`)).text();
  assert.match(metrics, /^test_writes_total\{pid="\d+"\} 300$/m);
  // OpenMetrics says since when each counts: the one map goes on, the other began with the new version.
  const open = await (
    await fetch(`${agent.url}/metrics?created=true`, { headers: { accept: "application/openmetrics-text" } })
  ).text();
  const created = (/** @type {string} */ name) =>
    Number(new RegExp(`^${name}_created\\{.*\\} (\\S+)$`, "m").exec(open)?.[1]);
  assert.ok(created("test_writes") > created("test_writes_by_program"), open.slice(0, 2000));
  const { entries } = await agent.call("writes/logs");
  assert.match(JSON.stringify(entries), /map AT_writes starts anew: type: percpu_array became percpu_hash/);
});

test("a file that was broken while the agent was away does not take down what runs", async (t) => {
  const directory = scratch(t);
  const dd = writer(t, "f");
  const file = path.join(directory, "writes.bt");
  writeFileSync(file, writesMonitor([dd.name]));
  const agent = await persistentAgent(t, directory);
  await dd.write(100);
  await agent.end("SIGTERM");
  writeFileSync(file, "/* no header any more */");
  await dd.write(20);
  await agent.start();
  const { state, reason } = await agent.show("writes");
  assert.equal(state, "on");
  assert.match(reason ?? "", /^version 2 goes on, the new one was refused: writes\.bt:1: /);
  await dd.write(3);
  assert.equal(await agent.sample("test_writes_total"), 123);
});
