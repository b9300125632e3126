import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { after, before, test } from "node:test";
import { debugFileOf } from "./debug-files.ts";
import { ElfFile } from "./elf.ts";
import { FunctionTable } from "./function-table.ts";

const SOURCE = `
  static __attribute__((noinline)) int inner(int a) { return a * 3; }
  int main(int argc, char **argv) { return inner(argc); }
`;

/** A file system of its own, with one program in /opt/app whose symbols are in a file beside it. */
let root: string;
const program = (): string => `${root}/opt/app/program`;
const debug = (): string => `${root}/opt/app/program.debug`;

before(() => {
  root = mkdtempSync(`${tmpdir()}/sonde-debug-`);
  mkdirSync(dirname(program()), { recursive: true });
});
after(() => rmSync(root, { recursive: true }));

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: dirname(program()), encoding: "utf8" });

function build(...flags: string[]): void {
  writeFileSync(`${program()}.c`, SOURCE);
  run("gcc", "-g", "-O1", ...flags, "-o", "program", "program.c");
  run("objcopy", "--only-keep-debug", "program", "program.debug");
  run("strip", "program");
}

function found(): string | undefined {
  using file = ElfFile.open(program());
  return debugFileOf(file, root, "/opt/app/program");
}

const put = (from: string, to: string): void => {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
};

test("by build id, in the root that the program sees", () => {
  build("-Wl,--build-id=sha1");
  assert.equal(found(), undefined, "beside it, but nothing links to it");
  const id = /Build ID: (\w+)/.exec(run("readelf", "-n", "program"))?.[1] ?? "";
  assert.match(id, /^[0-9a-f]{40}$/);
  const place = `${root}/usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`;
  put(debug(), place);
  assert.equal(found(), place);
  const table = FunctionTable.read(program(), root, "/opt/app/program");
  // What nm says of the file before it was stripped is in the debug file still.
  const address = Number.parseInt(/^(\w+) t inner$/m.exec(run("nm", "program.debug"))?.[1] ?? "", 16);
  assert.deepEqual(table.find(address + 1), { name: "inner", offset: 1 });
  build("-Wl,--build-id=0x" + id.replace(/^..../, "0000"));
  put(debug(), place);
  assert.equal(found(), undefined, "another build's file under this name is not taken");
  rmSync(`${root}/usr`, { recursive: true });
});

test("by debuglink and CRC: beside it, in .debug, under /usr/lib/debug", () => {
  build("-Wl,--build-id=none");
  run("objcopy", "--add-gnu-debuglink=program.debug", "program");
  assert.equal(found(), debug());
  const places = [`${root}/opt/app/.debug/program.debug`, `${root}/usr/lib/debug/opt/app/program.debug`];
  for (const place of places) {
    put(debug(), place);
    rmSync(debug());
    assert.equal(found(), place);
    put(place, debug());
    rmSync(place);
  }
  execFileSync("sh", ["-c", `printf x >> ${debug()}`]);
  assert.equal(found(), undefined, "its CRC is another");
  rmSync(debug());
  assert.equal(found(), undefined);
  execFileSync("mkfifo", [debug()]);
  assert.equal(found(), undefined, "a pipe of this name is not waited for");
  rmSync(debug());
});

test("by debuglink and build id, without reading it all", () => {
  build("-Wl,--build-id=sha1");
  run("objcopy", "--add-gnu-debuglink=program.debug", "program");
  // The build id says that it is the one; GDB, too, reads no CRC then.
  execFileSync("sh", ["-c", `printf x >> ${debug()}`]);
  assert.equal(found(), debug());
});
