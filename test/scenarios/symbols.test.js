// Names of functions in stacks: of programs compiled here, stripped, just-in-time compiled, and gone when they are shown.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { runSonde } from "../support/sonde.js";

const folder = mkdtempSync(path.join(tmpdir(), "sonde-symbols-"));
after(() => rmSync(folder, { recursive: true }));

/** The maps that a script printed when `command` had ended. @param {string} script @param {string} command */
async function trace(script, command) {
  const { status, stdout, stderr } = await runSonde(["trace", "-q", "-c", command, "-e", script]);
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

/** @param {string} name @param {string} source @param {string[]} flags */
function build(name, source, ...flags) {
  const file = path.join(folder, name.replace(/\.\w+$/, ""));
  writeFileSync(path.join(folder, name), source);
  const compiler = name.endsWith(".cc") ? "g++" : "gcc";
  execFileSync(compiler, ["-O1", "-fno-omit-frame-pointer", ...flags, "-o", file, path.join(folder, name)]);
  return file;
}

const CPP = `
#include <vector>
namespace shop {
  __attribute__((noinline)) long rung(long n) { asm volatile(""); return n; }
  template <typename T> struct Till { std::vector<T> sold; __attribute__((noinline)) long add(T n) const; };
  template <typename T> long Till<T>::add(T n) const { long r = rung(n); asm volatile("" : "+r"(r)); return r; }
}
__attribute__((noinline)) long day(shop::Till<long> &t, const char *) {
  long s = 0;
  for (long i = 0; i < 7; i++) s += t.add(i);
  asm volatile("" : "+r"(s));
  return s;
}
int main() { shop::Till<long> till; return day(till, "") == 0; }
`;

test("C++ as written in stacks and symbols, or as mangled; offsets are those of addr2line", async () => {
  const program = build("till.cc", CPP);
  const probe = `uprobe:${program}:_ZN4shop4rungEl`;
  const text = await trace(
    `${probe} { @[ustack(perf)] = count(); @ip = usym(reg("ip")); @by[func] = count(); }`,
    program,
  );
  const frames = [...text.matchAll(/^\t[0-9a-f]+ (.+) \((\/.*)\)$/gm)].map(([, name = "", file]) => ({ name, file }));
  assert.deepEqual(frames[0], { name: "shop::rung(long)+0", file: program });
  const day = frames.find(({ name }) => name.startsWith("day("));
  assert.match(day?.name ?? "", /^day\(shop::Till<long>&, char const\*\)\+\d+$/);
  assert.ok(frames.some(({ name, file }) => /^main\+\d+$/.test(name) && file === program));
  assert.match(text, /@ip: shop::rung\(long\)$/m);
  assert.match(text, /@by\[shop::rung\(long\)\]: 7$/m);
  // The place that a frame returns to is in the function that binutils names for it.
  const nm = execFileSync("nm", [program], { encoding: "utf8" });
  const start = Number.parseInt(/^(\w+) T _Z3day/m.exec(nm)?.[1] ?? "", 16);
  const offset = Number(/\+(\d+)$/.exec(day?.name ?? "")?.[1]);
  const words = ["-Cfe", program, (start + offset).toString(16)];
  assert.match(execFileSync("addr2line", words, { encoding: "utf8" }), /^day\(shop::Till<long>&, char const\*\)$/m);

  const mangled = await trace(`config = { cpp_demangle = false } ${probe} { @[ustack(1)] = count(); }`, program);
  assert.equal(mangled, "@[\n    _ZN4shop4rungEl+0\n]: 7");
});

const CHAIN = `
static __attribute__((noinline)) int inner(int a) { __asm__ volatile(""); return a + 1; }
static __attribute__((noinline)) int middle(int a) { int b = inner(a); __asm__ volatile("" : "+r"(b)); return b; }
static __attribute__((noinline)) int outer(int a) { int b = middle(a); __asm__ volatile("" : "+r"(b)); return b; }
int main(int argc, char **argv) { int s = 0; for (int i = 0; i < 5; i++) s += outer(i); return s == 0; }
`;
/** Before a function has made its frame, the one that called it may be left out. */
const STACK = /^@\[\n {4}inner\+0\n( {4}middle\+\d+\n)? {4}outer\+\d+\n/;

test("build ids and offsets, for names that are found elsewhere", async () => {
  const program = build("chain.c", CHAIN, "-Wl,--build-id=sha1");
  const id = /Build ID: (\w+)/.exec(execFileSync("readelf", ["-n", program], { encoding: "utf8" }))?.[1];
  const nm = execFileSync("nm", [program], { encoding: "utf8" });
  const offset = Number.parseInt(/^(\w+) t inner$/m.exec(nm)?.[1] ?? "", 16);
  const text = await trace(`uprobe:${program}:inner { @[ustack(build_id, 1)] = count(); }`, program);
  assert.equal(text, `@[\n${id} 0x${offset.toString(16)}\n]: 5`);
});

test("a stripped program by its debug file, beside it or by build id; and probes on what only that names", async () => {
  const program = build("chain.c", CHAIN, "-Wl,--build-id=sha1");
  const debug = `${program}.debug`;
  execFileSync("objcopy", ["--only-keep-debug", program, debug]);
  execFileSync("objcopy", ["--strip-all", `--add-gnu-debuglink=${debug}`, program]);
  const script = `uprobe:${program}:inner { @[ustack(3)] = count(); }`;
  assert.match(await trace(script, program), STACK);
  // Debian's debug packages are found by build id.
  const id = /Build ID: (\w+)/.exec(execFileSync("readelf", ["-n", program], { encoding: "utf8" }))?.[1] ?? "";
  const place = `/usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`;
  mkdirSync(path.dirname(place), { recursive: true });
  execFileSync("mv", [debug, place]);
  try {
    assert.match(await trace(script, program), STACK);
  } finally {
    rmSync(place);
  }
});

test("a stripped program by the names that it brings along (MiniDebugInfo)", async () => {
  const program = build("mini.c", CHAIN);
  const nm = execFileSync("nm", [program], { encoding: "utf8" });
  const address = /^(\w+) t inner$/m.exec(nm)?.[1] ?? "";
  // As Fedora makes it: the symbol table alone, packed by xz, in a section of the stripped program.
  const mini = `${program}.mini`;
  execFileSync("objcopy", [
    "-S",
    "--keep-symbol=inner",
    "--keep-symbol=middle",
    "--keep-symbol=outer",
    "--only-keep-debug",
    program,
    mini,
  ]);
  execFileSync("xz", [mini]);
  execFileSync("objcopy", ["--strip-all", "--add-section", `.gnu_debugdata=${mini}.xz`, program]);
  const text = await trace(`uprobe:${program}:0x${address} { @[ustack(3)] = count(); }`, program);
  assert.match(text, STACK);
  // The same by name, and by a pattern.
  assert.match(await trace(`uprobe:${program}:inner { @[ustack(3)] = count(); }`, program), STACK);
  assert.equal(await trace(`uprobe:${program}:inn* { @[func] = count(); }`, program), "@[inner]: 5");
});

test("the kernel's own code in a process (vdso)", async () => {
  const program = build(
    "clock.c",
    `#include <time.h>
     int main(void) { struct timespec t; for (long i = 0; i < 20000000; i++) clock_gettime(CLOCK_MONOTONIC, &t); return 0; }`,
  );
  const text = await trace(`profile:hz:199 /comm == "clock"/ { @[ustack(perf, 1)] = count(); }`, program);
  assert.match(text, /\t[0-9a-f]+ clock_gettime\+\d+ \(\[vdso\]\)/);
});

test("JavaScript in Node.js, which writes a perf map while it runs", async () => {
  const script = path.join(folder, "hot.js");
  writeFileSync(
    script,
    `function hotLoop(n) { let s = 1; for (let i = 0; i < n; i++) s = (s * 31 + i) % 1000003; return s; }
     const end = process.cpuUsage().user + 600_000;
     for (let t = 0; process.cpuUsage().user < end;) t += hotLoop(20000);`,
  );
  const before = new Set(readdirSync("/tmp"));
  const text = await trace(
    `profile:hz:99 /comm == "node"/ { @[ustack(1)] = count(); }`,
    // V8 writes a log beside the map, by default where it is started.
    `${process.execPath} --perf-basic-prof --no-logfile-per-isolate --logfile=${path.join(folder, "v8.log")} ${script}`,
  );
  for (const name of readdirSync("/tmp")) if (/^perf-\d+\.map$/.test(name) && !before.has(name)) rmSync(`/tmp/${name}`);
  const samples = [...text.matchAll(/@\[\n {4}(.+)\n\]: (\d+)/g)].map(([, name = "", count]) => ({
    name,
    count: Number(count),
  }));
  const all = samples.reduce((sum, { count }) => sum + count, 0);
  const hot = samples.filter(({ name }) => /^JS:[*~^+]?hotLoop /.test(name)).reduce((sum, { count }) => sum + count, 0);
  assert.ok(hot > 20, `${hot} of ${all} samples are in the loop:\n${text.slice(-2000)}`);
});
