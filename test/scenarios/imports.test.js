// Scripts of several files: macros, types and probes from files beside them, and mistakes in them.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../support/folder.js";
import { runSonde } from "../support/sonde.js";

const folder = temporaryFolder();

/** @param {Record<string, string>} files texts by path; the first is the script */
function write(files) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
}

test("files are found beside the file that imports them, each taken once, what is imported first running first", async () => {
  write({
    "main.bt": `#include "types.h"
import "lib";
import "lib/one.bt";
BEGIN { printf("%d %d %d\\n", add_one(1), sizeof(struct mine), FLAG); exit(); }`,
    "types.h": `#ifndef TYPES_H
#define TYPES_H
#define FLAG (1 << 4)
extern int foo(int x);
static inline int bar(void) { return 1; }
struct mine { int a; char b[FLAG]; };
#endif`,
    "lib/one.bt": `import "sub/two.bt"\nmacro add_one(x) { x + one_more() }\nBEGIN { printf("from one\\n"); }`,
    "lib/sub/two.bt": `import "../one.bt"\nmacro one_more() { 1 }\nBEGIN { printf("from two\\n"); }`,
  });
  const { status, stdout, stderr } = await runSonde(["trace", path.join(folder, "main.bt")]);
  assert.deepEqual(stdout.trim().split("\n"), ["from two", "from one", "2 20 16"], stderr);
  assert.equal(status, 0);
});

test("a mistake is shown in the file that has it", async () => {
  write({
    "wrong.bt": `import "macros.bt";\nBEGIN { bad(); }`,
    "macros.bt": `// One.\nmacro bad() {\n  printf("%d", $nothing);\n}`,
  });
  const { status, stderr } = await runSonde(["trace", path.join(folder, "wrong.bt")]);
  assert.match(stderr, /undefined variable \$nothing\n +--> macros\.bt:3:16\n/);
  assert.equal(status, 1);
});

test("what can't be imported is said, with a way around", async () => {
  write({ "missing.bt": `import "none.bt"; import "probe.bpf.c"; import "empty";\nBEGIN { }`, "empty/readme.txt": "" });
  const { status, stderr } = await runSonde(["trace", path.join(folder, "missing.bt")]);
  assert.match(stderr, /can't import none\.bt: .*there is no file/);
  assert.match(stderr, /probe\.bpf\.c is C, for which there is no compiler here[^]*sonde load/);
  assert.match(stderr, /the folder empty holds no \.bt or \.h file/);
  assert.equal(status, 1);
});
