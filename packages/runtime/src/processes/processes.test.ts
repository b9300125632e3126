import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { startChild } from "./child.ts";
import { watchProcess } from "./watched.ts";
import { splitWords } from "./words.ts";

test("commands are split as a shell splits them", () => {
  const cases: readonly { command: string; want: readonly string[] }[] = [
    { command: "dd if=/dev/zero  of=/dev/null", want: ["dd", "if=/dev/zero", "of=/dev/null"] },
    { command: "sh -c 'exit 3'", want: ["sh", "-c", "exit 3"] },
    { command: `echo "a \\"b\\" \\n" '' x"y"'z'`, want: ["echo", 'a "b" \\n', "", "xyz"] },
    { command: "a\\ b \\'c $HOME *", want: ["a b", "'c", "$HOME", "*"] },
  ];
  for (const { command, want } of cases) assert.deepEqual(splitWords(command), want, command);
  assert.throws(() => splitWords("echo 'a"), /unclosed '/);
  assert.throws(() => splitWords("  "), /empty/);
});

test("a child waits until it is released, then keeps its process id and its status", async () => {
  const child = startChild("sleep 60");
  assert.equal(readFileSync(`/proc/${child.pid}/comm`, "utf8"), "sh\n");
  child.terminate();
  assert.deepEqual(await child.exit, { code: undefined, signal: "SIGTERM", status: 143 });

  const other = startChild("sh -c 'exit 7'");
  other.release();
  assert.deepEqual(await other.exit, { code: 7, signal: undefined, status: 7 });
});

test("what cannot be run is said at once", () => {
  assert.throws(() => startChild("no-such-program-anywhere"), /it is in no directory of PATH/);
  assert.throws(() => startChild("/etc/passwd"), /not executable/);
});

test("a process that ended is not alive, nor is one that never was", async () => {
  const child = startChild("sleep 60");
  const watched = watchProcess(child.pid);
  assert.equal(watched.alive(), true);
  child.terminate();
  await child.exit;
  assert.equal(watched.alive(), false);
  assert.throws(() => watchProcess(0x7ffffff0), /there is no process/);
});
