import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { symbolOffset } from "./functions.ts";
import { resolveBinary } from "./library.ts";
import { mappingAt, parseMaps } from "./maps.ts";
import { PerfMap } from "./perf-map.ts";
import { formatSymbol } from "./symbol.ts";
import { UserSymbols } from "./user.ts";

test("only executable mappings are kept, with their files", () => {
  const mappings = parseMaps(readFileSync(new URL("../../testdata/maps", import.meta.url), "latin1"));
  assert.deepEqual(
    mappings.map((mapping) => mapping.path),
    ["/usr/bin/true", "/usr/lib/with space/libc.so.6", "", "[vdso]", "[vsyscall]"],
  );
  assert.deepEqual(mappings[0], {
    start: 0x55d0c0a02000,
    end: 0x55d0c0a06000,
    offset: 0x2000,
    file: "fe:01:1041",
    path: "/usr/bin/true",
  });
  assert.equal(mappingAt(mappings, 0x55d0c0a02000)?.path, "/usr/bin/true");
  assert.equal(mappingAt(mappings, 0x55d0c0a06000), undefined);
  assert.equal(mappingAt(mappings, 0x7ffd12380010)?.path, "[vdso]");
});

test("a perf map names code made at run time", () => {
  const map = new PerfMap(
    undefined,
    "3ef41400 100 LazyCompile:~main index.js:1\n3ef41600 20 Builtin:Add\nnot a line\n",
  );
  assert.deepEqual(map.find(0x3ef41410), { name: "LazyCompile:~main index.js:1", offset: 16 });
  assert.deepEqual(map.find(0x3ef41600), { name: "Builtin:Add", offset: 0 });
  assert.equal(map.find(0x3ef41500), undefined);
  assert.equal(map.find(0x3ef41620), undefined);
  assert.equal(map.find(0), undefined);
});

test("a perf map as the JVM writes it; a place that is used again belongs to who came last", () => {
  const lines = [
    "0x00007f6d80ec7600 0x00000000000000f8 long Hot.spin(long)",
    "0x00007f6d80ec7680 0x0000000000000010 stub",
    "0x00007f6d80ec7500 0x0000000000000200 long Hot.other(long)",
  ];
  const map = new PerfMap(undefined, `${lines.slice(0, 2).join("\n")}\n`);
  assert.deepEqual(map.find(0x7f6d80ec7610), { name: "long Hot.spin(long)", offset: 16 });
  assert.deepEqual(map.find(0x7f6d80ec7684), { name: "stub", offset: 4 });
  assert.deepEqual(map.find(0x7f6d80ec7690), { name: "long Hot.spin(long)", offset: 0x90 });
  const later = new PerfMap(undefined, lines.join("\n"));
  assert.deepEqual(later.find(0x7f6d80ec7684), { name: "long Hot.other(long)", offset: 0x184 });
});

test("a perf map that grows is read on, one that is another file anew", async () => {
  const folder = mkdtempSync(`${tmpdir()}/sonde-perf-map-`);
  try {
    const path = `${folder}/perf-1.map`;
    const map = new PerfMap(path);
    assert.equal(map.find(0x1000), undefined);
    const after = async (change: () => void): Promise<string | undefined> => {
      change();
      await setTimeout(120); // for which a file is taken to be as it was
      return map.find(0x1000)?.name;
    };
    assert.equal(await after(() => writeFileSync(path, "1000 10 first\n")), "first");
    assert.equal(await after(() => appendFileSync(path, "1000 10 sec")), "first", "half a line is none");
    assert.equal(await after(() => appendFileSync(path, "ond\n")), "second");
    assert.equal(await after(() => writeFileSync(path, "1000 10 third\n")), "third");
    assert.equal(await after(() => rmSync(path)), "third", "what was read stays");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("this process's own code is named; what belongs to nothing is not", () => {
  const code = /^([0-9a-f]+)-[0-9a-f]+ r-xp .*\/libc\.so\.6$/m.exec(readFileSync("/proc/self/maps", "latin1"));
  assert.ok(code !== null, "Node.js runs with a shared libc");
  const symbols = new UserSymbols();
  const start = BigInt(`0x${code[1]}`);
  const named = symbols.symbolize(
    process.pid,
    Array.from({ length: 64 }, (_, i) => start + BigInt(0x8000 + i * 0x400)),
  );
  assert.ok(
    named.filter((symbol) => symbol.name !== undefined).length > 32,
    "most of libc's code belongs to a function",
  );
  assert.ok(named.every((symbol) => symbol.module?.endsWith("/libc.so.6")));
  assert.deepEqual(symbols.symbolize(process.pid, [5n]), [
    { address: 5n, name: undefined, offset: 0, module: undefined },
  ]);
  assert.equal(symbols.symbolize(2 ** 22 + 1, [start])[0]?.name, undefined);
});

test("a process that has ended keeps the names it had", async () => {
  const symbols = new UserSymbols();
  const child = spawn("/bin/sh", ["-c", "echo ready; read line"], { stdio: ["pipe", "pipe", "inherit"] });
  assert.ok(child.pid !== undefined);
  await once(child.stdout, "data"); // by now the loader has mapped its libraries
  const started = symbols.process(child.pid);
  assert.equal(symbols.process(child.pid), started);
  const code = /^([0-9a-f]+)-[0-9a-f]+ r-xp 0*([0-9a-f]+) .*\/libc\.so\.6$/m.exec(
    readFileSync(`/proc/${child.pid}/maps`, "latin1"),
  );
  assert.ok(code !== null);
  const address =
    BigInt(`0x${code[1]}`) - BigInt(`0x${code[2]}`) + BigInt(symbolOffset(resolveBinary("libc") ?? "", "write") ?? 0);
  assert.match(formatSymbol(started.symbolize(address)), /^(__)?(libc_)?write$/);
  child.stdin.end("\n");
  await once(child, "exit");
  assert.match(formatSymbol(symbols.process(child.pid).symbolize(address)), /^(__)?(libc_)?write$/);
});
