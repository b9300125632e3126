// A count is exact: as many as dd made, no more and no less.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ddCommand, runSonde } from "../support/sonde.js";

const writes = 'tracepoint:syscalls:sys_enter_write /comm == "dd"/';

test("counts every write of dd", async () => {
  const program = `${writes} { @ = count(); }`;
  const { status, stdout, stderr } = await runSonde(["trace", "-e", program, "-c", ddCommand(100_000).join(" ")]);
  assert.equal(stderr.includes("Lost"), false, stderr);
  assert.equal(stdout.trim().split("\n").at(-1), "@: 100000", stderr);
  assert.equal(status, 0);
});

test("the same count in JSON, by key", async () => {
  const program = `${writes} { @by[comm] = count(); @bytes = sum(args.count); @seen[comm, args.fd] = count(); }`;
  const { stdout, stderr } = await runSonde(["trace", "-f", "json", "-e", program, "-c", ddCommand(12_345).join(" ")]);
  const maps = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter((message) => message.type === "map")
    .map((message) => message.data);
  assert.deepEqual(
    Object.assign({}, ...maps),
    { "@by": { dd: 12345 }, "@bytes": 12345, "@seen": { "dd,1": 12345 } },
    stderr,
  );
});

test("the command's exit status is passed on and its output kept apart", async () => {
  const { status, stdout } = await runSonde([
    "trace",
    "-q",
    "-e",
    'BEGIN { printf("begun\\n"); }',
    "-c",
    "sh -c 'exit 7'",
  ]);
  assert.equal(status, 7);
  assert.equal(stdout.trim(), "begun");
});
