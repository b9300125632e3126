// The agent's numbers are right at its own door and in a real Prometheus that scrapes it.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { attachedObjects, notFreed } from "../../tools/lib/bpf-objects.js";
import { root } from "../../tools/lib/environment.js";
import { queried, scratch, startPrometheus } from "../support/prometheus.js";
import { fetchText, startAgent } from "../support/services.js";
import { ddCommand } from "../support/sonde.js";

const monitor = `/*
 * ---
 * help: Writes of one program
 * metrics:
 *   - map: "@writes"
 *     name: sonde_test_writes
 *     help: Calls of write(2), by program
 *     labels: [comm]
 *   - map: "@sizes"
 *     name: sonde_test_write_size_bytes
 *     help: Bytes that one write was asked to write
 *     buckets: { min: 1, max: 1024 }
 * ---
 */
tracepoint:syscalls:sys_enter_write /comm == "dd"/ { @writes[comm] = count(); @sizes = hist(args.count); }
`;
const writes = 54_321;

test("a count is the same from dd, from /metrics and from Prometheus", async (t) => {
  const directory = scratch(t);
  writeFileSync(path.join(directory, "writes.bt"), monitor);
  const agent = await startAgent(t, directory);
  const [command = "", ...words] = ddCommand(writes);
  execFileSync(command, words);

  const metrics = await fetchText(`${agent.url}/metrics`);
  assert.match(metrics, new RegExp(`^sonde_test_writes_total\\{comm="dd"\\} ${writes}$`, "m"));
  assert.match(metrics, new RegExp(`^sonde_test_write_size_bytes_bucket\\{le="\\+Inf"\\} ${writes}$`, "m"));
  assert.match(metrics, new RegExp(`^sonde_test_write_size_bytes_sum ${writes}$`, "m"));

  const prometheus = await startPrometheus(t, { targets: [agent.address] });
  assert.equal(await queried(prometheus, 'sonde_test_writes_total{comm="dd"}'), String(writes));
});

test("promtool finds no fault with the default monitors", async (t) => {
  const agent = await startAgent(t, path.join(root, "monitors"));
  execFileSync("sh", ["-c", "ls -l /proc/self/fd; sync"], { stdio: "ignore" });
  const metrics = await fetchText(`${agent.url}/metrics`);
  const names = new Set(metrics.split("\n").flatMap((line) => /^# TYPE (sonde_\w+)/.exec(line)?.[1] ?? []));
  assert.ok(names.size >= 5, [...names].join(" "));
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: metrics, encoding: "utf8" });
  assert.equal(`${stdout}${stderr}`, "");
  assert.equal(status, 0);

  const list = JSON.parse(await fetchText(`${agent.url}/api/v1/monitors`));
  assert.ok(JSON.stringify(list).includes("runqlat"), JSON.stringify(list));
});

test("a monitor is switched off and on by the API, and the agent leaves nothing behind", async (t) => {
  const directory = scratch(t);
  writeFileSync(path.join(directory, "writes.bt"), monitor);
  const agent = await startAgent(t, directory);
  const objects = await attachedObjects(agent.pid);

  await fetchText(`${agent.url}/api/v1/monitors/writes/disable`, { method: "POST" });
  assert.deepEqual(await notFreed(objects), []);

  await fetchText(`${agent.url}/api/v1/monitors/writes/enable`, { method: "POST" });
  const again = await attachedObjects(agent.pid);
  assert.equal(again.programs.length, objects.programs.length);
  await agent.stop();
  assert.deepEqual(await notFreed(again), []);
});
