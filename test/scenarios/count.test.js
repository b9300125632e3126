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

test("the command's output and exit status are kept apart from the trace's", async () => {
  const words = ["trace", "-e", 'BEGIN { printf("begun\\n"); }', "-c", "sh -c 'echo said; exit 7'"];
  const { status, stdout, stderr } = await runSonde(words);
  assert.equal(stdout.trim(), "begun");
  assert.match(stderr, /^said$/m);
  assert.match(stderr, /^The command ended with status 7\.$/m);
  assert.equal(status, 0);
  assert.equal((await runSonde(["trace", "-q", "--pass-status", ...words.slice(1)])).status, 7);
});
