import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { kernelTest } from "@sonde/kernel/testing";
import { loadObject, openObject } from "sonde";
import { compile, ScriptError } from "sonde/trace";

/** A dd of a name that nobody else on the machine runs; gone when the test ends. */
function ownDd(): { readonly name: string; readonly path: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-dd-"));
  const name = `dd-${process.pid}`;
  symlinkSync("/bin/dd", path.join(folder, name));
  return { name, path: path.join(folder, name), [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

kernelTest("a compiled script is an object like any other", () => {
  using dd = ownDd();
  const script = `tracepoint:syscalls:sys_enter_write /comm == "${dd.name}"/ { @writes[comm] = count(); }`;
  using live = loadObject(compile(script));
  const links = live.attach();
  assert.equal(links.length, 1);
  execFileSync(dd.path, ["if=/dev/zero", "of=/dev/null", "bs=1", "count=1234", "status=none"]);
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
