// The four ways to watch a kernel function see the same calls, all of them.
import assert from "node:assert/strict";
import { kernelTest } from "../../packages/kernel/dist/testing/kernel-test.js";
import { ddCommand, runSonde } from "../support/sonde.js";

const reads = 20_000;
const probes = {
  "@kprobe": 'kprobe:vfs_read /comm == "dd" && arg2 == 1/ { @kprobe = count(); }',
  "@kretprobe": 'kretprobe:vfs_read /comm == "dd" && retval == 1/ { @kretprobe = count(); }',
  "@fentry": 'fentry:vfs_read /comm == "dd" && args.count == 1/ { @fentry = count(); }',
  "@fexit": 'fexit:vfs_read /comm == "dd" && args.count == 1 && retval == 1/ { @fexit = count(); }',
};

kernelTest("kprobe, kretprobe, fentry and fexit count the same reads", { needs: ["kprobe", "fentry"] }, async () => {
  const program = Object.values(probes).join(" ");
  const words = ["trace", "-f", "json", "-e", program, "-c", ddCommand(reads).join(" ")];
  const { status, stdout, stderr } = await runSonde(words);
  const maps = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter((message) => message.type === "map")
    .map((message) => message.data);
  const wanted = Object.fromEntries(Object.keys(probes).map((name) => [name, reads]));
  assert.deepEqual(Object.assign({}, ...maps), wanted, stderr);
  assert.equal(status, 0);
});

kernelTest("a function that is not there is named, and nothing is attached", { needs: ["kprobe"] }, async () => {
  const { status, stderr } = await runSonde(["trace", "-e", "kprobe:no_such_function_of_any_kernel { @ = count(); }"]);
  assert.equal(status, 1);
  assert.match(stderr, /no_such_function_of_any_kernel/);
});
