// Probes in programs: compiled here, and what they do is known.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { childEnvironment, root } from "../../tools/lib/environment.js";

/** What a script printed until the end of `command`. @param {string} script @param {string} command @throws {Error} with what was said if it failed */
function runScript(script, command) {
  const words = ["trace", "-q", "-c", command, "-e", script];
  const { status, stdout, stderr } = spawnSync(path.join(root, "bin/sonde"), words, {
    encoding: "utf8",
    env: childEnvironment(),
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(stderr);
  return { output: stdout, said: stderr };
}

const folder = mkdtempSync(path.join(tmpdir(), "sonde-probes-"));
after(() => rmSync(folder, { recursive: true }));

/** A program of one's own, compiled once. */
/** @param {string} name @param {string} source */
function build(name, source) {
  const file = path.join(folder, name.replace(/\.\w+$/, ""));
  if (existsSync(file)) return file;
  writeFileSync(path.join(folder, name), source);
  execFileSync(name.endsWith(".cc") ? "g++" : "gcc", ["-O1", "-g", "-o", file, path.join(folder, name)]);
  return file;
}

/** As <sys/sdt.h> writes its notes: by hand, so that the test depends on no header. Arguments in a register, in memory, and a constant. */
const USDT = `
#include <stdint.h>
#include <stdio.h>
#define PROBE(provider, name, args, ...) asm volatile ("990: nop\\n" \\
  ".pushsection .note.stapsdt,\\"\\",\\"note\\"\\n.balign 4\\n.4byte 992f-991f, 994f-993f, 3\\n991: .asciz \\"stapsdt\\"\\n992: .balign 4\\n" \\
  "993: .8byte 990b\\n.8byte _.stapsdt.base\\n.8byte 0\\n.asciz \\"" #provider "\\"\\n.asciz \\"" #name "\\"\\n.asciz \\"" args "\\"\\n994: .balign 4\\n.popsection\\n" \\
  ".ifndef _.stapsdt.base\\n.pushsection .stapsdt.base,\\"aG\\",\\"progbits\\",.stapsdt.base,comdat\\n.weak _.stapsdt.base\\n.hidden _.stapsdt.base\\n_.stapsdt.base: .space 1\\n.size _.stapsdt.base, 1\\n.popsection\\n.endif\\n" :: __VA_ARGS__)
volatile int counter = 41;
__attribute__((noinline)) void step(long i, const char *text) {
  int small = -(int)i - (*(volatile const char *)text == 0);
  PROBE(shop, sold, "8@%0 -4@%1 8@%2 -4@$7", "r"(i), "r"(small), "r"(text));
  PROBE(shop, idle, "", "r"(i));
  counter++;
}
int main(void) { for (long i = 1; i <= 5; i++) step(i, "apple"); return 0; }
`;

test("usdt: by name, by namespace and by wildcards; arguments as the notes say", () => {
  const program = build("shop.c", USDT);
  const { output } = runScript(
    `usdt:${program}:sold { @sum = sum(arg0); @small = sum(arg1); @text[str(arg2)] = count(); @seven = sum(arg3); }
     usdt:${program}:shop:sold { @exact = count(); } usdt:${program}:shop:* { @any[probe] = count(); } U:${program}:*:idle { @idle = count(); }`,
    program,
  );
  const values = Object.fromEntries(
    output
      .trim()
      .split("\n")
      .map((line) => line.split(": ")),
  );
  assert.deepEqual(values, {
    "@sum": "15",
    "@small": "-15",
    "@text[apple]": "5",
    "@seven": "35",
    "@exact": "5",
    [`@any[usdt:${program}:shop:sold]`]: "5",
    [`@any[usdt:${program}:shop:idle]`]: "5",
    "@idle": "5",
  });
});

test("uaddr: a variable of a program, wherever it was mapped", () => {
  const program = build("shop.c", USDT);
  const { output } = runScript(
    `uprobe:${program}:step { @seen = max(*uaddr("counter")); @first = min(*uaddr("counter")); }`,
    program,
  );
  assert.equal(output.trim(), "@first: 41\n@seen: 45");
});

/** The probe is passed only while somebody counts its semaphore up; a round ends when it is. */
const SEMAPHORE = USDT.replace("_.stapsdt.base\\n.8byte 0", "_.stapsdt.base\\n.8byte sold_semaphore").replace(
  /volatile int counter[^]*$/,
  `#include <unistd.h>
  __extension__ unsigned short sold_semaphore __attribute__((unused, section(".probes")));
  int main(void) {
    long rounds = 0, passed = 0;
    for (; rounds < 2000 && passed < 3; rounds++, usleep(1000))
      if (*(volatile unsigned short *)&sold_semaphore) { passed++; PROBE(shop, sold, "8@%0", "r"(passed)); }
    fprintf(stderr, "passed %ld\\n", passed);
    return 0;
  }`,
);

test("usdt: a semaphore is up while the probe is attached, and only then", () => {
  const program = build("semaphore.c", SEMAPHORE);
  assert.match(execFileSync("readelf", ["-SW", program], { encoding: "utf8" }), / \.probes /);
  const { output, said } = runScript(`usdt:${program}:sold { @passed = max(arg0); @n = count(); }`, program);
  assert.equal(output.trim(), "@n: 3\n@passed: 3");
  assert.match(said, /^passed 3$/m);
  const alone = spawnSync(program, { encoding: "utf8", timeout: 60_000 });
  assert.match(alone.stderr, /^passed 0$/m);
});

test("socket_cookie: the number by which the program itself knows its socket", () => {
  const program = build(
    "cookie.c",
    `#include <arpa/inet.h>
     #include <stdio.h>
     #include <sys/socket.h>
     #include <unistd.h>
     int main(void) {
       struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
       socklen_t size = sizeof address;
       int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
       bind(server, (struct sockaddr *)&address, size); listen(server, 1); getsockname(server, (struct sockaddr *)&address, &size);
       unsigned long cookie = 0; socklen_t length = sizeof cookie;
       getsockopt(client, SOL_SOCKET, SO_COOKIE, &cookie, &length);
       connect(client, (struct sockaddr *)&address, size);
       fprintf(stderr, "cookie %lu\\n", cookie);
       return 0;
     }`,
  );
  const { output, said } = runScript(
    // TCP_CLOSE to TCP_SYN_SENT is a connection that is opened from here.
    `rawtracepoint:inet_sock_set_state /comm == "cookie" && args.oldstate == 7 && args.newstate == 2/ { printf("cookie %lu\\n", socket_cookie(args.sk)); }`,
    program,
  );
  const cookie = /^cookie (\d+)$/m.exec(said)?.[1];
  assert.ok(cookie !== undefined && cookie !== "0", said);
  assert.equal(output.trim(), `cookie ${cookie}`);
});

const CPP = `
namespace shop { struct Till { __attribute__((noinline)) long add(long n); }; long Till::add(long n) { asm volatile(""); return n + 1; } }
__attribute__((noinline)) long plain(long n) { asm volatile(""); return n; }
__attribute__((noinline)) long plain(int n, int m) { asm volatile(""); return n + m; }
int main() { shop::Till till; long s = 0; for (long i = 0; i < 7; i++) s += till.add(i) + plain(i) + plain(1, 2); return s == 0; }
`;

test("C++ functions by their names in the source, offsets, wildcards, and addresses", () => {
  const program = build("till.cc", CPP);
  const nm = execFileSync("nm", [program], { encoding: "utf8" });
  const address = parseInt(/^(\w+) T _Z5plainl$/m.exec(nm)?.[1] ?? "", 16);
  const { output } = runScript(
    `uprobe:${program}:cpp:"shop::Till::add" { @add = count(); @n = sum(arg1); } uretprobe:${program}:cpp:"shop::Till::add" { @ret = sum(retval); }
     uprobe:${program}:cpp:"plain" { @plain = count(); } uprobe:${program}:_Z5plainl+0 { @offset = count(); }
     uprobe:${program}:*plain* { @wild = count(); } uprobe:${program}:0x${fileOffset(program, address).toString(16)} { @address = count(); }`,
    program,
  );
  assert.equal(output.trim(), "@add: 7\n@address: 7\n@n: 21\n@offset: 7\n@plain: 14\n@ret: 28\n@wild: 14");
});

/** Where in the file the byte is that is mapped at an address, by readelf. */
/** @param {string} program @param {number} address */
function fileOffset(program, address) {
  const text = execFileSync("readelf", ["-lW", program], { encoding: "utf8" });
  for (const [, offset = "", start = "", size = ""] of text.matchAll(/^\s+LOAD\s+(0x\w+) (0x\w+) 0x\w+ (0x\w+)/gm)) {
    const distance = address - Number(start);
    if (distance >= 0 && distance < Number(size)) return Number(offset) + distance;
  }
  throw new Error("no such address");
}

test("a watchpoint sees every write, or is refused with what the machine lacks", () => {
  const program = build(
    "watched.c",
    `#include <sys/mman.h>
     int main(void) { volatile long *p = mmap((void *)0x10000000, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
       for (int i = 0; i < 50; i++) *p = i; return 0; }`,
  );
  try {
    const { output } = runScript(`watchpoint:0x10000000:8:w { @ = count(); }`, program);
    assert.equal(output.trim(), "@: 50");
  } catch (error) {
    assert.match(String(error), /no debug registers/);
  }
});
