// What debugging information (DWARF) adds to probes of programs: compiled here, and what they do is known.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { childEnvironment, root } from "../../tools/lib/environment.js";
import { temporaryFolder } from "../support/folder.js";

const folder = temporaryFolder();

/** @param {readonly string[]} words */
function sonde(...words) {
  return spawnSync(path.join(root, "bin/sonde"), words, { encoding: "utf8", env: childEnvironment(), timeout: 60_000 });
}

/** What a script printed until the end of `command`. @param {string} script @param {string} command @param {readonly string[]} more */
function runScript(script, command, ...more) {
  const { status, stdout, stderr } = sonde("trace", "-q", "-c", command, ...more, "-e", script);
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** @param {string} name @param {string} source @param {readonly string[]} options */
function build(name, source, ...options) {
  return buildBy(name.endsWith(".cc") ? "g++" : "gcc", name, source, ...options);
}

/** @param {string} compiler @param {string} name @param {string} source @param {readonly string[]} options */
function buildBy(compiler, name, source, ...options) {
  const file = path.join(folder, name);
  writeFileSync(file, source);
  const program = `${file}.${compiler}`;
  execFileSync(compiler, ["-g", ...options, "-o", program, file]);
  return program;
}

const NESTED = `
#include <unistd.h>
volatile int sink;
static inline __attribute__((always_inline)) void inner(int i) {
  sink++;
  getppid();
  sink = i;
}
static inline __attribute__((always_inline)) void middle(int i) {
  inner(i + 1);
}
__attribute__((noinline)) void outer(int i) {
  middle(i);
  sink = i + 1;
}
int main(void) {
  outer(3);
  sleep(1);
  return 0;
}
`;

test("user stacks show lines and inlined functions, as addr2line has them", () => {
  const program = build("nested.c", NESTED, "-O2", "-fno-omit-frame-pointer", "-no-pie");
  // The stack is taken within the system call's wrapper, whose caller is not on it: it makes no frame of its own.
  const script = `uprobe:${program}:outer { printf("%s", ustack(2)); } uprobe:${program}@nested.c:7 { printf("%s", ustack(2)); }`;
  const output = runScript(`config = { stack_mode=raw } ${script}`, program);
  const addresses = output.split(/\s+/).filter((word) => word.startsWith("0x"));
  assert.equal(addresses.length, 4);
  const want = addresses.flatMap((address, index) => {
    const at = `0x${(BigInt(address) - BigInt(index % 2)).toString(16)}`;
    const lines = execFileSync("llvm-addr2line-16", ["-i", "-f", "-e", program, at], { encoding: "utf8" })
      .trim()
      .split("\n");
    return Array.from({ length: lines.length / 2 }, (_, i) =>
      [lines[i * 2], lines[i * 2 + 1]?.replace(/ .*/, "")].join("@"),
    );
  });
  const have = runScript(script, program)
    .split("\n")
    .map((line) =>
      line
        .trim()
        .replace(" [inlined]", "")
        .replace(/\+\d+@/, "@"),
    );
  assert.deepEqual(
    have.filter((line) => line !== ""),
    want,
  );
  assert.ok(have.some((line) => line.startsWith("inner@")));
  const json = runScript(script, program, "-f", "json");
  assert.match(json, /nested\.c:13/);
  assert.doesNotMatch(runScript(`config = { show_debug_info = false } ${script}`, program), /nested\.c/);
});

const ORDERS = `
#include <stdio.h>
#include <string.h>
enum colour { RED, GREEN = 7, BLUE = -1 };
union value { long number; char text[8]; };
struct point { int x, y; };
struct wide { double a; long b[3]; };
struct inner { int x : 3; unsigned y : 7; short z; };
struct order {
  int id; const char *name; struct inner in; enum colour colour; union value v; struct order *next; int items[4];
  char comm[16]; struct { int anonymous; }; _Bool ready;
};
typedef struct order order_t;
__attribute__((noinline)) long take(order_t *o, const char *text, enum colour k, unsigned char c, double d, short s, struct point p, struct wide w, long ninth) {
  asm volatile("" :: "r"(o), "r"(text), "m"(w));
  return o->id + k + c + (long)d + s + p.x + p.y + ninth;
}
__attribute__((noinline)) struct wide wide(int n) { struct wide w = { n, { n, n, n } }; asm volatile("" : "+m"(w)); return w; }
__attribute__((noinline)) static int helper(int used, int unused, long both) { asm volatile("" :: "r"(used), "r"(both)); return used + (int)both; }
int main(void) {
  order_t second = { .id = 6, .name = "pear", .colour = RED };
  order_t o = { 5, "apple", { 1, 99, -3 }, GREEN, { 9 }, &second, { 10, 20, 30, 40 }, "basket", { 77 }, 1 };
  struct wide w = { 1.5, { 100, 200, 300 } };
  struct point p = { 8, -9 };
  long sum = take(&o, "hello", BLUE, 250, 2.5, -7, p, w, 1234567890123);
  sum += wide(42).b[0] + helper(11, 12, 13);
  printf("%ld\\n", sum);
  return sizeof o != 80;
}
`;

const ARGUMENTS = (/** @type {string} */ program) => `
uprobe:${program}:take {
  printf("%d %s %d.%d.%d\\n", args.o.id, str(args.o.name), args.o.in.x, args.o.in.y, args.o.in.z);
  printf("%s %d %s %d\\n", args.o.colour, args.o.v.number, str(args.o.next.name), args.o.next.colour == RED);
  printf("%d %d %s %d %d\\n", args.o.items[0], args.o.items[3], args.o.comm, args.o.anonymous, args.o.ready);
  printf("%s %s %d %d\\n", str(args.text), args.k, args.c, args.s);
  printf("%d %d\\n", args.p.x, args.p.y);
  printf("%d %d %d\\n", args.w.b[0], args.w.b[2], args.ninth);
  printf("%d %d %d\\n", ((struct order *)arg0).items[1], sizeof(struct order), ((order_t *)arg0)->next->id);
  $o = *args.o; printf("%d %s\\n", $o.id, $o.comm);
}
uprobe:${program}:wide { printf("wide %d\\n", args.n); }
`;

const WANT = `5 apple 1.99.-3
GREEN 9 pear 1
10 40 basket 77 1
hello BLUE 250 -7
8 -9
100 300 1234567890123
20 80 6
5 basket
wide 42`;

for (const [compiler, ...options] of [
  ["gcc", "-O0"],
  ["gcc", "-O2", "-gdwarf-4"],
  ["gcc", "-O1", "-gz"],
  ["clang-16", "-O0"],
  ["clang-16", "-O2"],
]) {
  test(`arguments by name, ${compiler} ${options.join(" ")}: structs, pointers, arrays, enums, on the stack and in registers`, () => {
    const program = buildBy(compiler ?? "", `orders${options.join("")}.c`, ORDERS, ...options);
    const output = runScript(ARGUMENTS(program), program);
    assert.equal(output.replace(/^\d+\n|\n\d+$/g, "").trim(), WANT);
  });
}

for (const compiler of ["gcc", "clang-16"]) {
  test(`what an optimizer (${compiler}) did with a function's arguments is respected, or the reason is said`, () => {
    const program = buildBy(compiler, "helper.c", ORDERS, "-O2");
    const symbol = /\bt (helper\S*)/.exec(execFileSync("nm", [program], { encoding: "utf8" }))?.[1] ?? "";
    const probe = `uprobe:${program}:${symbol}`;
    assert.match(runScript(`${probe} { printf("%d %d\\n", args.used, args.both); }`, program), /^11 13$/m);
    const { stdout, stderr } = sonde("trace", "-q", "-c", program, "-e", `${probe} { printf("%d\\n", args.unused); }`);
    if (compiler === "gcc") assert.match(stdout, /^12$/m);
    else assert.match(stderr, /the argument unused can't be read: optimized/);
    const listed = sonde("trace", "-lv", probe).stdout.trim().split(/\n\s+/);
    assert.deepEqual(listed.slice(1), [
      "int used",
      "int unused",
      compiler === "gcc" ? "long int both" : "long both",
      "int retval",
    ]);
  });
}

test("the arguments are listed", () => {
  const program = build("orders-list.c", ORDERS);
  const { stdout } = sonde("trace", "-lv", `uprobe:${program}:take`);
  assert.equal(
    stdout,
    [
      `uprobe:${program}:take`,
      "order_t *o",
      "const char *text",
      "enum colour k",
      "unsigned char c",
      "double d",
      "short int s",
      "struct point p",
      "struct wide w",
      "long int ninth",
      "long int retval",
      "",
    ]
      .join("\n    ")
      .replace(/ +$/, ""),
  );
});

test("arguments that are kept in a .dwo file are refused, with what to do", () => {
  const program = build("split.c", ORDERS, "-gsplit-dwarf");
  const { stderr } = sonde("trace", "--dry-run", "-e", `uprobe:${program}:take { print(args.c); }`);
  assert.match(stderr, /SND1340.*kept apart in .*\.dwo \(-gsplit-dwarf\), which is not read: compile without it/);
  const listed = sonde("trace", "-lv", `uprobe:${program}:take`);
  assert.equal(listed.stdout, `uprobe:${program}:take\n`);
  assert.match(listed.stderr, /-gsplit-dwarf/);
});

const SHOP = `
#include <string>
namespace shop {
struct Base { long tag = 31; virtual ~Base() = default; };
struct Till : Base { int open = 1; static int count; struct Slot { short coins[3] = { 4, 5, 6 }; } slots[2]; long add(const Slot &slot, long n, bool fast); };
int Till::count = 3;
__attribute__((noinline)) long Till::add(const Slot &slot, long n, bool fast) { asm volatile("" :: "r"(this), "r"(&slot) : "memory"); return n + open + slot.coins[0] + fast; }
__attribute__((noinline)) std::string label(int n) { asm volatile(""); return std::to_string(n); }
__attribute__((noinline)) long size(std::string text, int n) { asm volatile("" :: "r"(&text) : "memory"); return (long)text.size() + n; }
}
int main() { shop::Till till; asm volatile("" :: "r"(&till) : "memory"); long s = till.add(till.slots[1], 9, true) + (long)shop::label(21).size() + shop::size("four", 4); return s == 0; }
`;

for (const level of ["-O0", "-O2"]) {
  test(`arguments of C++, ${level}: this, references, bases, large results, what is passed by its address`, () => {
    const program = build(`shop${level}.cc`, SHOP, level);
    const output = runScript(
      `uprobe:${program}:cpp:"shop::Till::add" { printf("%d %d %d %d %d\\n", args.this.open, args.this.tag, args.slot.coins[2], args.n, args.fast); printf("%d\\n", args.this.slots[1].coins[1]); }
       uprobe:${program}:cpp:"shop::label" { printf("label %d\\n", args.n); }
       uprobe:${program}:cpp:"shop::size" { printf("size %d %d\\n", args.text._M_string_length, args.n); }`,
      program,
    );
    assert.equal(output, "1 31 6 9 1\n5\nlabel 21\nsize 4 4");
  });
}

test("a function that was inlined is probed in each of its copies, with its arguments", () => {
  const program = build(
    "inlined.c",
    `volatile long sum;
     static inline __attribute__((always_inline)) void add(long n, long m) { for (long i = 0; i < n; i++) sum += m; }
     __attribute__((noinline)) void first(long n) { add(n, 2); }
     __attribute__((noinline)) void second(long n) { add(n + 1, n); }
     int main(void) { for (long i = 1; i <= 4; i++) first(i); second(10); return 0; }`,
    "-O2",
  );
  const refused = sonde("trace", "-e", `uprobe:${program}:add { }`);
  assert.match(refused.stderr, /SND1223.*add has no code of its own in .*: it was inlined 2 times/);
  const config = "config = { probe_inline = true }";
  assert.equal(runScript(`${config} uprobe:${program}:add { @ = count(); }`, program), "@: 5");
  const output = runScript(`${config} uprobe:${program}:add { printf("%d\\n", args.n); }`, program);
  assert.equal(output, "1\n2\n3\n4\n11");
});

test("a probe at a line hits as often as the line runs; a statement is told apart by its column", () => {
  const program = build(
    "lines.c",
    `volatile long sum;
__attribute__((noinline)) static void step(long i) {
  if (i % 3 == 0) {
    sum += i;
  }
  sum++; sum -= 2;
}
int main(void) {
  for (long i = 0; i < 30; i++) step(i);
  return 0;
}`,
    "-O0",
  );
  const at = `uprobe:${program}@lines.c`;
  const output = runScript(
    `${at}:4 { @four = count(); } ${at}:6 { @six = count(); } ${at}:6:14 { @statement = count(); } ${at}:9 { @loop = count(); } ${at}:4 { @i[reg("ip") != 0] = count(); }`,
    program,
  );
  assert.deepEqual(output.split("\n"), ["@four: 10", "@i[true]: 10", "@loop: 1", "@six: 30", "@statement: 30"]);
  const { stderr } = sonde("trace", "-e", `${at}:5 { }`);
  assert.match(stderr, /has no code of line 5 of lines.c[^]*the next line with code is 6/);
});

test("offsets are where instructions begin, as objdump has them; others are refused", () => {
  const program = build("offsets.c", NESTED, "-O2");
  const text = execFileSync("objdump", ["-d", "--disassemble=outer", program], { encoding: "utf8" });
  const places = [...text.matchAll(/^ +([0-9a-f]+):/gm)].map(([, address = ""]) => parseInt(address, 16));
  const starts = places.map((address) => address - (places[0] ?? 0));
  const probes = starts.slice(0, 6).map((offset) => `uprobe:${program}:outer+${offset}`);
  assert.equal(runScript(`${probes.join(",")} { @ = count(); }`, program), `@: ${probes.length}`);
  const amid = starts.findIndex((start, i) => (starts[i + 1] ?? start) - start > 1);
  const { stderr } = sonde("trace", "--dry-run", "-e", `uprobe:${program}:outer+${(starts[amid] ?? 0) + 1} { }`);
  assert.match(stderr, /SND1225.*is amid an instruction/);
  assert.match(stderr, new RegExp(`begin at 0x${starts[amid]?.toString(16)} and 0x${starts[amid + 1]?.toString(16)}`));
});
