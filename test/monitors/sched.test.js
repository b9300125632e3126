// Monitors of the scheduler and of system calls.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { folder, ownName, seriesOf, told } from "./support.js";

test("syscount: as many calls as dd makes", async () => {
  const { comm, file } = ownName("/bin/dd");
  const command = `${file} if=/dev/zero of=/dev/null bs=1 count=5000 status=none`;
  const lines = await told("syscount", command, ["--comm", comm]);
  const calls = seriesOf(lines, "syscalls").map(({ value }) => value);
  // One read and one write a byte; what starting takes is far less.
  const large = calls.filter((value) => value >= 5000);
  assert.equal(large.length, 2, JSON.stringify(calls));
  assert.ok(large.every((value) => value < 5050));
});

test("syscount --failed: calls that failed, by error", async () => {
  const { comm, file } = ownName("/bin/cat");
  const absent = Array.from({ length: 60 }, (_, i) => `/absent/${i}`).join(" ");
  const command = `sh -c '${file} ${absent} 2>/dev/null; true'`;
  const lines = await told("syscount", command, ["--failed", "--comm", comm]);
  const errors = seriesOf(lines, "syscall_errors").filter(({ labels }) => labels.error === "ENOENT");
  assert.ok(
    errors.some(({ value }) => value >= 60 && value < 120),
    JSON.stringify(errors),
  );
});

test("offcputime: what a program sleeps, by the stack that sleeps", async () => {
  const { comm, file } = ownName("/bin/sleep");
  const lines = await told("offcputime", `${file} 1.2`);
  const waits = seriesOf(lines, "off_cpu_seconds").filter(({ labels }) => labels.comm === comm);
  const slept = waits.filter(({ labels }) => JSON.stringify(labels.stack).includes("nanosleep"));
  assert.equal(slept.length, 1, JSON.stringify(waits));
  assert.ok(slept[0].value > 1.19e9 && slept[0].value < 2.4e9, String(slept[0].value));
});

test("runqlat: as long as the kernel's own books say that programs waited", async () => {
  const { comm, file } = ownName("/bin/bash");
  const books = path.join(folder, "schedstat");
  // The second figure is the time in nanoseconds that the thread has waited on a run queue.
  const spin = `for ((i = 0; i < 150000; i++)); do :; done; read -r _ waited _ </proc/$$/schedstat; echo $waited >>${books}`;
  const script = path.join(folder, "spin.sh");
  writeFileSync(script, spin);
  const lines = await told("runqlat", `sh -c 'for i in 1 2 3; do taskset -c 0 ${file} ${script} & done; wait'`);
  const [latency] = seriesOf(lines, "run_queue_latency_seconds").filter(({ labels }) => labels.comm === comm);
  const waited = readFileSync(books, "utf8").trim().split("\n").map(Number);
  assert.equal(waited.length, 3);
  const total = waited.reduce((sum, one) => sum + one, 0);
  /** @param {"low" | "high"} bound */
  const sumOf = (bound) =>
    latency.buckets.reduce(
      (/** @type {number} */ sum, /** @type {any} */ bucket) => sum + bucket.count * bucket[bound],
      0,
    );
  // What they waited before they had their names and after the last look is not among the monitor's.
  assert.ok(sumOf("low") <= total && sumOf("high") >= total * 0.8, `${sumOf("low")} to ${sumOf("high")}: ${total}`);
});
