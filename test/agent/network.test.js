// Not one packet is lost or counted twice while monitors at an interface, of a control group and of netfilter are
// upgraded, and while their agent is killed. The sender says how many there were.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { writeObject } from "@sonde/bpf/elf";
import { runSonde } from "../support/sonde.js";
import { persistentAgent, pinsBelow, until } from "./agents.js";
import { wire } from "./datagrams.js";
import { scratch } from "./load.js";
import { NAMES, networkMonitor, networkObject, networkSpec } from "./network-monitors.js";

const UPGRADES = 20;

test("twenty upgrades of each monitor, and two kills, under load", async (t) => {
  const net = await wire(t);
  const [directory, sources] = [scratch(t), scratch(t)];
  /** @type {Map<string, Uint8Array<ArrayBuffer>[]>} */
  const objects = new Map();
  for (const name of NAMES) {
    const versions = [await networkObject(sources, name, 0), await networkObject(sources, name, 1)];
    objects.set(name, versions);
    writeFileSync(path.join(directory, `${name}.o`), versions[0] ?? "");
  }
  const agent = await persistentAgent(t, directory, ["--keep-capabilities", "bpf,perfmon,net_admin"]);
  // They were built for loopback and everybody: parameters move them.
  const set = (/** @type {string} */ param, /** @type {string} */ value) =>
    agent.call(param, {
      method: "PUT",
      body: JSON.stringify({ value }),
      headers: { "content-type": "application/json" },
    });
  for (const name of ["xdp", "tcx"]) await set(`${name}/params/device`, net.device);
  await set("filter/params/interface", net.index);
  const { state, version } = await set("group/params/group", net.group);
  assert.equal(state, "on");
  assert.deepEqual(version.attached, [{ place: `cgroup_inet_egress:${net.group}`, way: "link", pinned: true }]);

  const load = net.send();
  for (let upgrade = 1; upgrade <= UPGRADES; upgrade++) {
    const statuses = await Promise.all(
      NAMES.map((name) => agent.upgrade(name, `${name}.o`, objects.get(name)?.[upgrade % 2] ?? new Uint8Array())),
    );
    for (const status of statuses) assert.deepEqual([status.state, status.reason], ["on", undefined]);
    if (upgrade % 10 === 5) await agent.killAndStart();
  }
  const sent = await load.stop();
  await sleep(100);
  t.diagnostic(`${sent} datagrams, ${UPGRADES} upgrades of each of ${NAMES.length} monitors`);
  assert.ok(sent > 1000, String(sent));
  for (const name of NAMES) assert.equal(await agent.sample(`test_${name}_datagrams_total`), sent, name);
  const ways = { xdp: "link", tcx: "link", group: "link", filter: "root" };
  for (const name of NAMES) {
    const { version: running } = await agent.show(name);
    assert.deepEqual(
      running.attached.map(({ way, pinned }) => [way, pinned]),
      [[ways[name], true]],
      name,
    );
  }

  // A place where it cannot be attached changes nothing.
  await assert.rejects(
    set("xdp/params/device", "nosuch0"),
    /400.*device cannot be .*nosuch0.*stays where it is.*ENODEV/,
  );
  assert.equal(await net.send(100).ended, 100);
  await sleep(100);
  assert.equal(await agent.sample("test_xdp_datagrams_total"), sent + 100);

  // The interface goes and comes again: it is attached to anew, and what was counted goes on.
  net.unplug();
  const told = async (/** @type {string} */ name, /** @type {RegExp} */ what) =>
    what.test(JSON.stringify(await agent.call(`${name}/logs`))) ? true : undefined;
  for (const name of ["xdp", "tcx"]) await until(() => told(name, new RegExp(`${net.device} is gone`)));
  net.connect();
  for (const name of ["xdp", "tcx"]) await until(() => told(name, new RegExp(`${net.device} is there again`)));
  assert.equal(await net.send(100).ended, 100);
  await sleep(100);
  for (const name of ["xdp", "tcx", "group"])
    assert.equal(await agent.sample(`test_${name}_datagrams_total`), sent + 200, name);

  await agent.end("SIGINT");
  assert.deepEqual(pinsBelow(agent.pins), []);
});

test("a program that does not say where is refused by its name, with what to do", async (t) => {
  const folder = scratch(t);
  for (const [name, place] of /** @type {const} */ ([
    ["tcx", "network interface"],
    ["group", "control group"],
  ])) {
    const spec = await networkSpec(folder, name, 0);
    const programs = spec.programs.map((program) => ({ ...program, attach: [] }));
    const file = path.join(folder, `${name}.o`);
    writeFileSync(file, writeObject({ ...spec, programs }));
    const { status, stderr } = await runSonde(["run", file, "-d", "0.1"]);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`program '\\w+' .*does not say to which ${place} .*'sonde load --attach`));
  }
  const directory = scratch(t);
  const agent = await persistentAgent(t, directory);
  const spec = await networkSpec(folder, "tcx", 0);
  const object = writeObject({ ...spec, programs: spec.programs.map((program) => ({ ...program, attach: [] })) });
  const { state, reason } = await agent.upgrade("tcx", "tcx.o", new Uint8Array(object));
  assert.equal(state, "failed");
  assert.match(
    reason ?? "",
    /program 'tc_device_ingress' .*to which network interface.*tc\("eth0", "ingress", \.\.\.\)/,
  );
});

test("a monitor whose interface is not there yet is on as soon as it is", async (t) => {
  const directory = scratch(t);
  const device = `sl${process.pid}`;
  writeFileSync(path.join(directory, "xdp.o"), await networkObject(scratch(t), "xdp", 0, device));
  const agent = await persistentAgent(t, directory);
  const { state, reason } = await agent.show("xdp");
  assert.equal(state, "failed");
  assert.match(reason ?? "", new RegExp(`ENODEV.*It is tried again when xdp:${device} can be attached to`, "s"));
  execFileSync("ip", ["link", "add", device, "type", "veth", "peer", "name", `${device}p`]);
  t.after(() => execFileSync("ip", ["link", "del", device]));
  await until(async () => ((await agent.show("xdp")).state === "on" ? true : undefined));
});

test("sonde run: tc and netfilter by their own sources, at the interface that an option says", async (t) => {
  const net = await wire(t);
  const folder = scratch(t);
  const rows = /** @type {const} */ ([
    ["tcx", ["--device", net.device]],
    ["filter", ["--interface", net.index]],
  ]);
  const runs = rows.map(([name, options]) => {
    const file = path.join(folder, `${name}.ts`);
    writeFileSync(file, networkMonitor(name, 0));
    return runSonde(["run", file, "-q", "-o", "jsonl", ...options, "-d", "3"]);
  });
  await sleep(1500);
  assert.equal(await net.send(150).ended, 150);
  for (const { status, stdout, stderr } of await Promise.all(runs)) {
    assert.equal(status, 0, stderr);
    assert.equal(JSON.parse(stdout).value, 150, stdout);
  }
});
