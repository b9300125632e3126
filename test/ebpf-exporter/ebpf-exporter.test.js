// A configuration of ebpf_exporter, with an object that clang made, runs unchanged and counts exactly.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { root } from "../../tools/lib/environment.js";
import { compileBpf } from "../support/clang.js";
import { temporaryFolder } from "../support/folder.js";
import { fetchText, freePort, startService } from "../support/services.js";

const sources = fileURLToPath(new URL("testdata", import.meta.url));

/** An agent in ebpf_exporter's place. @param {import("node:test").TestContext} context @param {string} folder */
async function startExporter(context, folder) {
  const url = `http://127.0.0.1:${await freePort()}`;
  const words = ["agent", "--listen", url.slice("http://".length), "--ebpf-exporter-config", folder];
  const service = await startService(context, [path.join(root, "bin/sonde"), ...words], `${url}/readyz`);
  return { ...service, url };
}

/** @param {string} text @param {string} series the line's beginning, labels and all */
function valueOf(text, series) {
  const line = text.split("\n").find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

/** dd's writes: `count` of `size` bytes. @param {number} size @param {number} count @param {string} [cgroup] */
function write(size, count, cgroup) {
  const dd = `exec dd if=/dev/zero of=/dev/null bs=${size} count=${count} status=none`;
  execFileSync("sh", ["-c", cgroup === undefined ? dd : `echo $$ > "${cgroup}/cgroup.procs"; ${dd}`]);
}

/** Where the memory controller's groups are, or the unified ones. */
function cgroupMount() {
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "));
  const memory = mounts.find(([, , type, options = ""]) => type === "cgroup" && options.split(",").includes("memory"));
  const found = memory ?? mounts.find(([, , type]) => type === "cgroup2");
  return found?.[1] ?? assert.fail("no cgroups are mounted");
}

test("metrics, labels and decoders of ebpf_exporter, counted exactly", async (t) => {
  const folder = temporaryFolder();
  compileBpf(path.join(sources, "writes.bpf.c"), path.join(folder, "writes.bpf.o"));
  copyFileSync(path.join(sources, "writes.yaml"), path.join(folder, "writes.yaml"));
  const exporter = await startExporter(t, folder);
  const group = `${cgroupMount()}/sonde-matched-${process.pid}`;
  mkdirSync(group);
  t.after(() => rmdirSync(group));
  // Time to be told of the group: its map of cgroups is kept by the agent.
  await sleep(200);

  write(1, 1000);
  write(10, 300);
  write(512, 200, group);
  write(777, 50);
  const text = await fetchText(`${exporter.url}/metrics`);
  const total = 1550;
  const bytes = 1000 + 3000 + 200 * 512 + 50 * 777;
  const get = (/** @type {string} */ series) => valueOf(text, `ebpf_exporter_${series}`);

  assert.equal(get('writes_total{command="dd",syscall="write",parity="even"}'), 500);
  assert.equal(get('writes_total{command="dd",syscall="write",parity="unknown:1"}'), 1050);
  assert.equal(get('bare_writes{one="1"}'), total, "summed over CPUs, under its bare name");
  const cpus = os.cpus().map((_, i) => get(`cpu_writes_total{none="0",cpu="${i}"}`) ?? 0);
  assert.equal(
    cpus.reduce((a, b) => a + b),
    total,
  );
  assert.equal(get('addressed_total{address="10.0.0.7"}'), total);
  assert.equal(get('called_total{function="vfs_read"}'), total, "kaddrs and ksym");
  assert.equal(get('traffic_total{one="1"}'), total);
  assert.equal(get('traffic_bytes_total{one="1"}'), bytes);

  assert.equal(get('sizes_bytes_bucket{le="1"}'), 1000);
  assert.equal(get('sizes_bytes_bucket{le="8"}'), 1000);
  assert.equal(get('sizes_bytes_bucket{le="16"}'), 1300);
  assert.equal(get('sizes_bytes_bucket{le="512"}'), 1500);
  assert.equal(get('sizes_bytes_bucket{le="1024"}'), total);
  assert.equal(get('sizes_bytes_bucket{le="4096"}'), total);
  assert.equal(get('sizes_bytes_bucket{le="+Inf"}'), total);
  assert.equal(get("sizes_bytes_count"), total);
  assert.equal(get("sizes_bytes_sum"), bytes);
  assert.equal(get('linear_bytes_bucket{le="100"}'), 1300);
  assert.equal(get('linear_bytes_bucket{le="600"}'), 1500);
  assert.equal(get('linear_bytes_bucket{le="1100"}'), total);
  assert.equal(get("linear_bytes_sum"), bytes * 100, "the sum is in the buckets' unit too");
  assert.equal(get('fixed_bytes_bucket{le="10"}'), 1300);
  assert.equal(get('fixed_bytes_bucket{le="1000"}'), total);
  assert.equal(get("fixed_bytes_sum"), bytes);

  const name = `/sys/fs/cgroup/sonde-matched-${process.pid}`;
  assert.equal(get(`sent_total{cgroup="${name}",odd="0"}`), 200, "events of a perf buffer");
  const sent = [...text.matchAll(/^ebpf_exporter_sent_total\{[^}]*\} (\d+)$/gm)].map(([, count]) => Number(count));
  assert.equal(
    sent.reduce((a, b) => a + b),
    total,
  );
  assert.equal(get(`matched_total{cgroup="${name}"}`), 200);
  assert.equal([...text.matchAll(/^ebpf_exporter_matched_total\{/gm)].length, 1);

  assert.match(text, /^# TYPE ebpf_exporter_bare_writes counter$/m);
  assert.equal(get('enabled_configs{name="writes"}'), 1);
  const [, id, tag] =
    /^ebpf_exporter_ebpf_program_info\{config="writes",id="(\d+)",program="count_write",tag="([0-9a-f]{16})"\} 1$/m.exec(
      text,
    ) ?? [];
  const seen = JSON.parse(execFileSync("bpftool", ["-j", "prog", "show", "id", String(id)], { encoding: "utf8" }));
  assert.equal(seen.tag, tag);
  assert.equal(get(`ebpf_program_attached{id="${id}"}`), 1);
  assert.equal(typeof get(`ebpf_program_run_time_seconds{id="${id}"}`), "number");
  assert.equal(typeof get(`ebpf_program_run_count_total{id="${id}"}`), "number");
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  // What its author called without a unit or _total is his; the format itself is sound.
  assert.ok(status === 0 || status === 3, `${stdout}${stderr}`);
});

const BROKEN = [
  {
    name: "no object",
    yaml: "metrics: { counters: [{ name: a, labels: [] }] }",
    reason: /there is no broken\.bpf\.o beside it/,
  },
  {
    name: "no such map",
    yaml: "metrics: { counters: [{ name: nothing, labels: [] }] }",
    reason: /the object has no map nothing; it has .*writes_total/,
    object: true,
  },
  {
    name: "another key",
    yaml: "metrics: { counters: [{ name: bare_writes, labels: [{ name: a, size: 2, decoders: [{ name: uint }] }] }] }",
    reason: /its labels have 2 bytes with their padding, but the keys of map bare_writes have 4/,
    object: true,
  },
  { name: "tracing alone", yaml: "tracing: { spans: [{ ringbuf: a, labels: [] }] }", reason: /tracing\.spans/ },
];
test("what cannot run says why, and the others run", async (t) => {
  const folder = temporaryFolder();
  const object = compileBpf(path.join(sources, "writes.bpf.c"), path.join(folder, "good.bpf.o"));
  copyFileSync(path.join(sources, "writes.yaml"), path.join(folder, "good.yaml"));
  for (const [i, { yaml, object: with_ }] of BROKEN.entries()) {
    writeFileSync(path.join(folder, `broken${i}.yaml`), yaml);
    if (with_ === true) copyFileSync(object, path.join(folder, `broken${i}.bpf.o`));
  }
  const exporter = await startExporter(t, folder);
  const list = JSON.parse(await fetchText(`${exporter.url}/api/v1/monitors`));
  const monitors = Array.isArray(list) ? list : list.monitors;
  const of = (/** @type {string} */ name) =>
    monitors.find((/** @type {{ name: string }} */ each) => each.name === name);
  assert.equal(of("good").state, "on");
  for (const [i, { reason }] of BROKEN.entries()) {
    assert.equal(of(`broken${i}`).state, "failed");
    assert.match(of(`broken${i}`).reason, new RegExp(reason.source.replace("broken", `broken${i}`)));
  }
});
