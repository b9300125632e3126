import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { kernelTest } from "@sonde/kernel/testing";
import { loadObject, openObject } from "sonde";
import { compile, ScriptError } from "sonde/trace";

kernelTest("a compiled script is an object like any other", () => {
  using live = loadObject(compile('tracepoint:syscalls:sys_enter_write /comm == "dd"/ { @writes[comm] = count(); }'));
  const links = live.attach();
  assert.equal(links.length, 1);
  execFileSync("dd", ["if=/dev/zero", "of=/dev/null", "bs=1", "count=1234", "status=none"]);
  const [entry] = live.typed<unknown, readonly (number | bigint)[]>("AT_writes").entries();
  assert.equal(
    entry?.[1].reduce((sum: number, count) => sum + Number(count), 0),
    1234,
  );
});

kernelTest("settings before loading reach the kernel", () => {
  const object = openObject(compile("interval:s:60 { @a[pid] = 1; }"));
  object.map("AT_a").maxEntries = 7;
  using live = loadObject(object);
  const map = live.map("AT_a");
  const value = new Uint8Array(map.layout.valueSize);
  const key = (n: number): Uint8Array => new Uint8Array(map.layout.keySize).fill(n);
  for (let n = 0; n < 7; n++) map.update(key(n), value);
  assert.throws(() => map.update(key(8), value), /E2BIG/);
});

kernelTest("what is wrong with a script is shown at its place", () => {
  assert.throws(
    () => compile('BEGIN { printf("%d\\n", $x); }'),
    (error: unknown) => error instanceof ScriptError && /script:1:24/.test(error.message),
  );
});
