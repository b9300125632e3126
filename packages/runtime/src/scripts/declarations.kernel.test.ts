/** A script's own C: types read from memory whose bytes are known, constants, conditions. */
import assert from "node:assert/strict";
import { kernelTest } from "@sonde/kernel/testing";
import { runScript } from "./run-script.ts";
import { computed } from "./table.ts";

/** Bytes that a program hands to write(2), where the script reads them as its own struct. */
const BYTES = [
  7, 0xf5, 0x2f, 0, 0xfe, 0xff, 0xff, 0xff, 0x61, 0x62, 0x63, 0x00, 5, 0, 0, 0, 1, 2, 3, 4, 0x39, 0x30, 0xc7, 0xcf,
];
const TYPES = `
  #define LENGTH 4
  enum color { RED, GREEN = 5, BLUE };
  struct pair { s16 low; s16 high; };
  typedef struct pair pair_t;
  struct record {
    u8 kind;
    u16 a : 5, b : 3, c : 8;
    int number;
    char tag[LENGTH];
    enum color color;
    union { unsigned char bytes[4]; u32 word; };
    pair_t pairs[1];
  };`;

/** Runs `script` for the write of those bytes, with `$r` pointing to them. */
async function onWrite(script: string): Promise<string> {
  const octal = BYTES.map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  const { output } = await runScript(
    `${TYPES} tracepoint:syscalls:sys_enter_write /comm == "printf" && args.count == ${BYTES.length}/ { $r = (struct record *)args.buf; ${script} }`,
    `sh -c "/usr/bin/printf '${octal.replaceAll("\\", "\\\\")}' > /dev/null"`,
  );
  return output.trim();
}

kernelTest("a struct of the script's own, its bit fields, enums, arrays and unions", async () => {
  const output = await onWrite(
    `printf("%d %d %d %d %d %s %s %d %d %x %d %d", sizeof(struct record), $r->kind, $r->a, $r->b, $r->c, $r->tag, $r->color,
       $r->number, $r->bytes[2], $r->word, $r->pairs[0].low, $r->pairs[0].high);`,
  );
  assert.equal(output, "24 7 21 7 47 abc GREEN -2 3 4030201 12345 -12345");
});

kernelTest("args as a whole: printed, kept, its fields read later", async () => {
  const output = await onWrite(
    `$a = args; @a = args; @k[args] = 1; printf("%d %d %d ", $a.count, $a.fd, @a.count); print(args);`,
  );
  assert.match(
    output,
    /^24 1 24 \{ \.fd = 1, \.buf = 0x[0-9a-f]+, \.count = 24 \}\n\n?@a: \{ \.fd = 1, [^]*@k\[\{ \.fd = 1, .* \.count = 24 \}\]: 1$/,
  );
});

computed([
  {
    name: "constants of #define, of enums, and of headers",
    before: `#include <linux/socket.h>
#define SHIFTED (1 << WIDTH) // with a remark
#define WIDTH 6
#define TEXT "a" "b"
#define MASK(n) ((1 << (n)) - 1)
#define LOW MASK(4)
enum { FIRST = -2, SECOND, THIRD = SHIFTED | 1 };
`,
    script: `printf("%d %s %d %d %d %d %d %d", SHIFTED, TEXT, LOW, FIRST, SECOND, THIRD, AF_INET6, O_CREAT);`,
    want: "64 ab 15 -2 -1 65 10 64",
  },
  {
    name: "conditions, within each other",
    before: `#define A 2
#if A > 1 && !defined(B)
#ifdef B
#error never
#elif A == 2
#define PICKED 1
#else
#define PICKED 2
#endif
#else
#define PICKED 3
#endif
#undef A
#ifndef A
#define GONE 1
#endif
#ifdef BPFTRACE_HAVE_BTF
#define BTF 1
#else
#include <some/header.h>
#endif
`,
    script: `printf("%d %d %d", PICKED, GONE, BTF);`,
    want: "1 1 1",
  },
  {
    name: "own types among the kernel's, and pointers between them",
    before: `struct holder { struct task_struct *task; struct list_head list; struct holder *next; };`,
    script: `$h = (struct holder *)0; printf("%d %d %d %d", sizeof(struct holder), offsetof(struct holder, next), sizeof($h->list), $h->task == 0);`,
    want: "32 24 16 1",
  },
]);
