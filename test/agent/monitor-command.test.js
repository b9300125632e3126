// `sonde monitor` and the watched directory, as a person at a terminal meets them.
import assert from "node:assert/strict";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { runSonde } from "../support/sonde.js";
import { persistentAgent, pinsBelow, until } from "./agents.js";
import { scratch, writer } from "./load.js";
import { monitorObject } from "./objects.js";
import { writesMonitor } from "./monitors.js";

/** @param {string} comm */
const large = (comm) => `/*
 * ---
 * help: Large writes
 * version: 1.4
 * params:
 *   - { name: least, help: Bytes from which a write is large, min: 1, max: 1000000 }
 * metrics:
 *   - { map: "@large", name: test_large_writes, help: Large writes }
 * ---
 */
tracepoint:syscalls:sys_enter_write /comm == "${comm}" && getopt("enabled", true)/
{
	if (args.count >= getopt("least", 100)) { @large = count(); }
	printf("%d bytes\\n", args.count);
}
`;

/** @param {import("node:test").TestContext} t */
async function started(t) {
  const directory = scratch(t);
  const dd = writer(t, "m");
  writeFileSync(path.join(directory, "large.bt"), large(dd.name));
  writeFileSync(path.join(directory, "quiet.bt"), writesMonitor([dd.name], { header: " * enabled: false" }));
  const agent = await persistentAgent(t, directory);
  /** @param {readonly string[]} words */
  const monitor = (...words) => runSonde(["monitor", ...words.map(String), "--agent", agent.url]);
  return { directory, dd, agent, monitor };
}

test("listed, shown, switched", async (t) => {
  const { monitor } = await started(t);
  const { stdout } = await monitor("ls");
  assert.match(stdout, /^MONITOR +STATE +SINCE +VERSION +CPU +EVENTS\/S +LOST +WHAT IT SHOWS$/m);
  assert.match(stdout, /^large +on +\d+s +1\.4 .* 0 +Large writes$/m);
  assert.match(stdout, /^quiet +off .* Writes of the test's programs$/m);
  assert.match((await monitor("enable", "quiet")).stdout, /^quiet +on /m);
  assert.match((await monitor("disable", "quiet")).stdout, /^quiet +off /m);
  const { stdout: detail } = await monitor("show", "large");
  assert.match(detail, /^Version +1\.4, deployment 1 of large\.bt \([0-9a-f]{12}\)$/m);
  assert.match(detail, /^Attached +tracepoint:syscalls:sys_enter_write \(exact, pinned\)$/m);
  assert.match(detail, /^Parameters +(.*\n *)?least=100 \(initially 100\): Bytes from which a write is large$/m);
  const { monitors } = JSON.parse((await monitor("ls", "-o", "json")).stdout);
  assert.deepEqual(
    monitors.map((/** @type {{ name: string }} */ { name }) => name),
    ["large", "quiet"],
  );
});

test("a text is set while it runs, too", async (t) => {
  const { agent, directory, dd, monitor } = await started(t);
  const text = `/*
 * ---
 * help: Writes of one program
 * params:
 *   - { name: who, help: The program }
 * metrics:
 *   - { map: "@by", name: test_writes_of, help: Writes, labels: [who] }
 * ---
 */
tracepoint:syscalls:sys_enter_write /comm == getopt("who", "nobody") && getopt("more", 1) == 1/ { @by[getopt("who", "nobody")] = count(); }
`;
  writeFileSync(path.join(directory, "one.bt"), text);
  await until(async () => {
    const shown = await agent.show("one").catch(() => undefined);
    return shown?.state === "on" ? shown : undefined;
  });
  await dd.write(5);
  const { status, stderr } = await monitor("set", "one", `who=${dd.name}`);
  assert.equal(status, 0, stderr);
  await dd.write(7);
  assert.equal(await agent.sample(`test_writes_of_total{who="${dd.name}"}`), 7);
  await agent.killAndStart();
  await dd.write(2);
  assert.equal(await agent.sample(`test_writes_of_total{who="${dd.name}"}`), 9);
  const long = await monitor("set", "one", `who=${"x".repeat(64)}`);
  assert.match(long.stderr, /takes a text of at most 63 bytes/);
});

test("parameters are set while it runs, kept across a kill and an upgrade, and checked", async (t) => {
  const { agent, dd, monitor } = await started(t);
  await dd.write(7, 50);
  assert.equal((await monitor("set", "large", "least=50")).status, 0);
  await dd.write(11, 50);
  assert.equal(await agent.sample("test_large_writes_total"), 11);
  await agent.killAndStart();
  await dd.write(5, 60);
  const status = await agent.upgrade("large", "large.bt", large(dd.name).replace("1.4", "1.5"));
  assert.equal(status.version.name, "1.5");
  await dd.write(3, 60);
  assert.equal(await agent.sample("test_large_writes_total"), 19);
  await monitor("set", "large", "enabled=false");
  await dd.write(100, 60);
  assert.equal(await agent.sample("test_large_writes_total"), 19);
  const refused = await monitor("set", "large", "least=0");
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /refused \(400\): parameter least takes an integer from 1 to 1000000, not "0"/);
  assert.match(
    (await monitor("set", "large", "most=1")).stderr,
    /large has no parameter 'most'; it has enabled, least/,
  );
  assert.match((await monitor("logs", "large")).stdout, /output +60 bytes/);
});

test("the directory is followed: changed, broken, mended, new and removed files", async (t) => {
  const { directory, dd, agent, monitor } = await started(t);
  const file = path.join(directory, "large.bt");
  await dd.write(10, 200);
  writeFileSync(file, large(dd.name).replace("1.4", "2"));
  await until(async () => ((await agent.show("large")).version?.name === "2" ? true : undefined));

  writeFileSync(file, large(dd.name).replace("sys_enter_write", "sys_enter_wrote"));
  const { state, reason } = await until(async () => {
    const shown = await agent.show("large");
    return shown.reason === undefined ? undefined : shown;
  });
  assert.equal(state, "on");
  assert.match(reason ?? "", /goes on, the new one was refused: error\[SND\d+\]: .*sys_enter_wrote/s);
  await dd.write(10, 200);
  assert.equal(await agent.sample("test_large_writes_total"), 20);

  // As editors and ConfigMaps do it: written beside, then renamed.
  const beside = path.join(directory, ".large.bt.new");
  writeFileSync(beside, large(dd.name).replace("1.4", "3"));
  renameSync(beside, file);
  await until(async () => ((await agent.show("large")).version?.name === "3" ? true : undefined));
  await dd.write(10, 200);
  assert.equal(await agent.sample("test_large_writes_total"), 30);

  writeFileSync(path.join(directory, "another.bt"), writesMonitor([dd.name]).replaceAll("test_write", "test_another"));
  await until(async () => ((await monitor("show", "another")).status === 0 ? true : undefined));
  rmSync(file);
  await until(async () => ((await monitor("show", "large")).status === 1 ? true : undefined));
  assert.deepEqual(pinsBelow(`${agent.pins}/large`), []);
  assert.equal(await agent.sample("test_large_writes_total"), undefined);
});

test("a monitor that comes by the API: an object, upgraded, rolled back, forgotten", async (t) => {
  const { dd, agent, monitor } = await started(t);
  const file = path.join(scratch(t), "written.o");
  writeFileSync(file, monitorObject(writesMonitor([dd.name]), "written"));
  const { status, stdout } = await monitor("upgrade", "fresh", file);
  assert.equal(status, 0);
  assert.match(stdout, /^fresh +on /m);
  await dd.write(25);
  writeFileSync(file, monitorObject(writesMonitor([dd.name], { more: "@recent = nsecs;" }), "written"));
  assert.equal((await monitor("upgrade", "fresh", file)).status, 0);
  assert.equal((await monitor("rollback", "fresh")).status, 0);
  assert.equal(await agent.sample("test_writes_total"), 25);
  await agent.killAndStart();
  await dd.write(5);
  assert.equal(await agent.sample("test_writes_total"), 30);
  assert.equal((await monitor("rm", "fresh")).stdout, "fresh is gone\n");
  assert.deepEqual(pinsBelow(`${agent.pins}/fresh`), []);
});

test("what is wrong is said, with the exit status that goes with it", async (t) => {
  const { monitor, directory } = await started(t);
  /** @type {readonly (readonly [readonly string[], number, RegExp])[]} */
  const table = [
    [["show", "nothing"], 1, /refused \(404\): there is no monitor 'nothing'; there are large, quiet/],
    [["rollback", "large"], 1, /refused \(409\): large has no version to go back to/],
    [["rm", "large"], 1, /refused \(409\): large is a file of .*: remove that, or switch it off/],
    [["upgrade", "large", path.join(directory, "no.bt")], 1, /cannot read the monitor: there is no file .*no\.bt/],
    [
      ["upgrade", "large", "/etc/hostname"],
      1,
      /refused \(400\): 'hostname' is no monitor's file: those are called NAME with \.bt/,
    ],
    [["fly"], 2, /there is no 'sonde monitor fly'; there are ls, show/],
    [["show"], 2, /it is 'sonde monitor show NAME'/],
    [["set", "large", "least"], 2, /a parameter is set by PARAM=VALUE/],
  ];
  for (const [words, status, message] of table) {
    const ended = await monitor(...words);
    assert.equal(ended.status, status, words.join(" "));
    assert.match(ended.stderr, message);
  }
  const nobody = await runSonde(["monitor", "ls", "--agent", "127.0.0.1:1"]);
  assert.equal(nobody.status, 1);
  assert.match(nobody.stderr, /no agent answers at http:\/\/127\.0\.0\.1:1: .*Start one with 'sonde agent'/);
});
