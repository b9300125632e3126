// Monitors of files, processes and block devices.
import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { after, test } from "node:test";
import { root } from "../../tools/lib/environment.js";
import { eventsOf, folder, ownName, seriesOf, told } from "./support.js";

test("opensnoop: every open of a program, those that fail too", async () => {
  const { comm, file } = ownName("/bin/cat");
  const absent = Array.from({ length: 25 }, (_, i) => path.join(folder, `absent${i}`));
  const command = `${file} /dev/null /dev/null /dev/null ${absent.join(" ")}`;
  const opens = eventsOf(await told("opensnoop", `sh -c '${command} 2>/dev/null; true'`, ["--comm", comm]), "opens");
  assert.equal(opens.filter((open) => open.path === "/dev/null" && open.fd >= 0 && open.error === 0).length, 3);
  const failed = opens.filter((open) => open.path.startsWith(folder));
  assert.deepEqual(
    failed.map((open) => [open.path, open.fd, open.error, open.comm]),
    absent.map((name) => [name, -1, 2, comm]),
  );
});

test("opensnoop --failed: those only", async () => {
  const { comm, file } = ownName("/bin/cat");
  const command = `sh -c '${file} /dev/null ${folder}/none 2>/dev/null; true'`;
  const opens = eventsOf(await told("opensnoop", command, ["--failed", "--comm", comm]), "opens");
  assert.ok(opens.some((open) => open.path === `${folder}/none`));
  assert.ok(opens.every((open) => open.error !== 0));
});

test("execsnoop: programs with their arguments", async () => {
  const { comm, file } = ownName("/bin/true");
  const command = `sh -c 'for i in 1 2 3 4 5 6 7; do ${file} round $i; done'`;
  const starts = eventsOf(await told("execsnoop", command), "starts").filter((start) => start.path === file);
  assert.deepEqual(
    starts.map((start) => [start.comm, start.arg1, start.arg2, start.error]),
    Array.from({ length: 7 }, (_, i) => [comm, "round", String(i + 1), 0]),
  );
  assert.equal(new Set(starts.map((start) => start.ppid)).size, 1);
});

test("execsnoop --fails: a program that may not be run", async () => {
  const bad = ownName("/dev/null").file;
  const refused = eventsOf(await told("execsnoop", `sh -c '${bad} 2>/dev/null; true'`, ["--fails"]), "starts");
  assert.ok(refused.some((start) => start.path === bad && start.error === 13));
});

test("biosnoop and biolatency: direct writes of a file", async () => {
  const { comm, file } = ownName("/bin/dd");
  // Not in /tmp, which may be memory: that never comes to a block device.
  const data = path.join(root, ".cache", `${comm}.data`);
  mkdirSync(path.dirname(data), { recursive: true });
  after(() => rmSync(data, { force: true }));
  const command = `${file} if=/dev/zero of=${data} bs=64k count=40 oflag=direct conv=notrunc status=none`;
  const requests = eventsOf(await told("biosnoop", command), "requests").filter((request) => request.comm === comm);
  const written = requests.filter(({ operation }) => operation.startsWith("W"));
  const sectors = written.reduce((sum, request) => sum + request.sectors, 0);
  assert.ok(sectors >= (40 * 65_536) / 512, `${sectors} sectors`);
  assert.ok(written.every(({ latency, device }) => latency > 0 && device !== ""));

  const series = seriesOf(await told("biolatency", command), "block_io_latency_seconds");
  const writes = series.filter(({ labels }) => labels.operation.startsWith("W"));
  const count = writes.flatMap(({ buckets }) => buckets).reduce((sum, bucket) => sum + bucket.count, 0);
  assert.ok(count >= 40, JSON.stringify(series));
});
