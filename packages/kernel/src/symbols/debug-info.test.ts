import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, test } from "node:test";
import { DwarfError } from "@sonde/bpf/dwarf";
import { openDebugInfo } from "./debug-info.ts";

const SOURCE = `
struct order { int id; };
__attribute__((noinline)) int take(struct order *o) { return o->id; }
int main(void) { struct order o = { 3 }; return take(&o); }
`;

const folder = mkdtempSync(`${tmpdir()}/sonde-debug-info-`);
after(() => rmSync(folder, { recursive: true }));
const run = (command: string, ...words: string[]): string =>
  execFileSync(command, words, { cwd: folder, encoding: "utf8" });

function build(name: string, ...options: string[]): string {
  writeFileSync(`${folder}/order.c`, SOURCE);
  run("gcc", "-g", "-O1", "-Wl,--build-id=sha1", ...options, "-o", name, "order.c");
  return `${folder}/${name}`;
}

/** The name and line of `take`, and the name of its argument's type, as far as they are found. */
function found(program: string, symbols: string = program): unknown {
  const address = Number.parseInt(/^(\w+) T take$/m.exec(run("nm", symbols))?.[1] ?? "", 16);
  const dwarf = openDebugInfo(program);
  const [frame] = dwarf?.framesAt(address) ?? [];
  const [parameter] = dwarf?.functionAt(address)?.children() ?? [];
  return dwarf && { name: frame?.name, line: frame?.line, type: parameter?.type?.type?.name };
}

const WANT = { name: "take", line: 3, type: "order" };

test("in the file itself, compressed or not", () => {
  assert.deepEqual(found(build("plain")), WANT);
  assert.match(run("readelf", "-SW", build("zlib", "-gz=zlib")), /\.debug_info .* C /);
  assert.deepEqual(found(`${folder}/zlib`), WANT);
  assert.match(run("readelf", "-SW", build("old", "-gz=zlib-gnu")), /\.zdebug_info/);
  assert.deepEqual(found(`${folder}/old`), WANT);
});

test("disposed of, it holds no file open", () => {
  const program = build("disposed");
  const open = (): number => readdirSync("/proc/self/fd").length;
  const before = open();
  {
    using dwarf = openDebugInfo(program);
    assert.ok(dwarf !== undefined);
    assert.equal(open(), before + 1);
  }
  assert.equal(open(), before);
});

test("in the separate file that belongs to it", () => {
  const program = build("stripped");
  copyFileSync(program, `${folder}/whole`);
  run("objcopy", "--only-keep-debug", "stripped", "stripped.debug");
  run("objcopy", "--strip-all", "--add-gnu-debuglink=stripped.debug", "stripped");
  assert.deepEqual(found(program, `${folder}/whole`), WANT);
  rmSync(`${folder}/stripped.debug`);
  assert.equal(found(program, `${folder}/whole`), undefined);
});

test("with what dwz moved to a file that several share, if it is the same build's", () => {
  const [first, second] = [build("one"), build("two", "-fno-inline")];
  run("dwz", "-L", "none", "-l", "none", "-m", "shared.debug", "-M", "shared.debug", "one", "two");
  assert.match(run("readelf", "-SW", "one"), /\.gnu_debugaltlink/);
  assert.deepEqual(found(first), WANT);
  assert.deepEqual(found(second), WANT);
  const other = readFileSync(`${folder}/shared.debug`);
  const id = /Build ID: (\w+)/.exec(run("readelf", "-n", "shared.debug"))?.[1] ?? "";
  const at = other.indexOf(Buffer.from(id, "hex"));
  other.writeUInt8(other.readUInt8(at) ^ 1, at);
  writeFileSync(`${folder}/shared.debug`, other);
  assert.throws(
    () => found(first),
    (error: unknown) => error instanceof DwarfError && /dwz.*not installed/.test(error.message),
  );
});

test("a compressed section that says it holds more or less than it does is refused", () => {
  const program = build("liar", "-gz=zlib");
  const bytes = readFileSync(program);
  const place = /\.debug_info +PROGBITS +\w+ (\w+)/.exec(run("readelf", "-SW", "liar"))?.[1] ?? "";
  const size = Number.parseInt(place, 16) + 8;
  const held = bytes.readBigUInt64LE(size);
  for (const said of [held - 1n, held + 1n, 1n << 40n]) {
    bytes.writeBigUInt64LE(said, size);
    writeFileSync(program, bytes);
    assert.throws(() => openDebugInfo(program)?.framesAt(0x1139), DwarfError, String(said));
  }
});
