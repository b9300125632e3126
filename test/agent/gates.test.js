// A filter by cgroup goes on while its agent is away: what is made below an admitted group meanwhile is counted.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { makeGroup, removeGroup } from "../containers/cgroups.js";
import { persistentAgent, pinsBelow } from "./agents.js";
import { scratch } from "./load.js";

const group = `/sonde-gates-${process.pid}`;

/** @param {string | undefined} filter YAML */
const monitor = (filter) => `/*
 * ---
 * help: Writes of dd
${filter === undefined ? "" : ` * filter: ${filter}\n`} * metrics: [{ map: "@writes", name: sonde_test_gated_writes, help: Calls of write }]
 * ---
 */
tracepoint:syscalls:sys_enter_write /comm == "dd"/ { @writes = count(); }
`;

/** dd with all its life in a group of every hierarchy. @param {string} where @param {number} count */
function write(where, count) {
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "));
  const places = mounts.filter(([, , type]) => type === "cgroup" || type === "cgroup2").map(([, place]) => place);
  const enter = places.map((place) => `echo $$ > "${place}${where}/cgroup.procs" 2>/dev/null;`).join(" ");
  execFileSync("sh", ["-c", `${enter} exec dd if=/dev/zero of=/dev/null bs=1 count=${count} status=none`]);
}

test("cgroups that are made while the agent is dead are admitted, and nothing of a filter outlives it", async (t) => {
  t.after(() => removeGroup(group));
  makeGroup(group);
  const monitors = scratch(t);
  writeFileSync(path.join(monitors, "gated.bt"), monitor(`{ cgroup: ${group} }`));
  const agent = await persistentAgent(t, monitors);
  const gates = () => pinsBelow(agent.pins).filter((pin) => pin.includes("/gates/"));
  const counted = () => agent.sample("sonde_test_gated_writes_total");
  write(group, 100);
  assert.equal(await counted(), 100);
  assert.equal(gates().length, 2, gates().join(" "));
  await agent.end("SIGKILL");
  makeGroup(`${group}/born-meanwhile`);
  write(`${group}/born-meanwhile`, 1000);
  await agent.start();
  assert.equal(await counted(), 1100);
  makeGroup(`${group}/later`);
  write(`${group}/later`, 10);
  assert.equal(await counted(), 1110);
  assert.equal(gates().length, 2, gates().join(" "));
  await agent.post("gated/disable");
  assert.deepEqual(gates(), []);
  await agent.post("gated/enable");
  assert.equal(gates().length, 2, gates().join(" "));
  // A version without a filter needs none; it is sure of that once it is settled.
  await agent.upgrade("gated", "gated.bt", monitor(undefined));
  await agent.post("gated/upgrade");
  await agent.end("SIGINT");
  assert.deepEqual(pinsBelow(agent.pins), []);
});
