// However a trace ends, nothing that happened before is lost and nothing stays attached.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { attachedObjects, notFreed } from "../../tools/lib/bpf-objects.js";
import { ddCommand, startSonde } from "../support/sonde.js";

const program = 'tracepoint:syscalls:sys_enter_write /comm == "dd"/ { @ = count(); printf("write\\n"); }';

test("Ctrl-C loses nothing of what is still in the ring", async () => {
  const events = 5_000;
  const trace = startSonde(["trace", "-e", program]);
  const objects = await attachedObjects(trace.pid);
  const [command = "", ...words] = ddCommand(events);
  execFileSync(command, words);
  trace.child.kill("SIGINT");
  const { status, stdout, stderr } = await trace.ended;
  assert.equal(stdout.split("\n").filter((line) => line === "write").length, events, stderr);
  assert.match(stdout, new RegExp(`^@: ${events}$`, "m"));
  assert.equal(/lost/i.test(stderr), false, stderr);
  assert.equal(status, 0);
  assert.deepEqual(await notFreed(objects), []);
});

test("kill -9 leaves nothing attached", async () => {
  const trace = startSonde([
    "trace",
    "-e",
    `${program} tracepoint:sched:sched_switch { @s[cpu] = count(); } profile:hz:49 { @p = count(); }`,
  ]);
  const objects = await attachedObjects(trace.pid);
  assert.ok(objects.programs.length >= 3, JSON.stringify(objects));
  trace.child.kill("SIGKILL");
  assert.equal((await trace.ended).status, "SIGKILL");
  assert.deepEqual(await notFreed(objects), []);
});

test("a closed pipe is a normal end", async () => {
  const trace = startSonde(["trace", "-q", "-e", 'interval:ms:20 { printf("tick\\n"); }']);
  const objects = await attachedObjects(trace.pid);
  trace.child.stdout.destroy();
  const { status, stderr } = await trace.ended;
  assert.equal(stderr, "");
  assert.equal(status, 0);
  assert.deepEqual(await notFreed(objects), []);
});
