// A script's C means what it means to clang: where members lie, and what headers' constants are.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { BtfReader } from "@sonde/bpf/btf";
import { readObject } from "@sonde/bpf/elf";
import { Diagnostics } from "../../packages/compiler/dist/diagnostics/index.js";
import { parse } from "../../packages/compiler/dist/bpftrace/parser/script.js";
import { parseConstants, publicHeaders } from "../../packages/compiler/dist/bpftrace/c/constants.js";
import { readDefinitions } from "../../packages/compiler/dist/bpftrace/c/definitions.js";
import { fixtureTarget } from "../../packages/compiler/dist/bpftrace/testing/target.js";
import { Random } from "../../packages/compiler/dist/codegen/testing/random.js";
import { compileBpf, compileProgram } from "../support/clang.js";
import { temporaryFolder } from "../support/folder.js";

const folder = temporaryFolder();
const STRUCTS = 150;
const INTEGERS = ["char", "unsigned char", "short", "unsigned short", "int", "unsigned", "long", "unsigned long long"];

/**
 * The members of a random struct, some of them bit fields, arrays, pointers, enums and structs.
 * @param {Random} random @param {string} name @param {number} depth @returns {string}
 */
function members(random, name, depth) {
  const lines = [];
  for (let i = 0; i < 1 + random.below(7); i++) {
    const type = INTEGERS[random.below(INTEGERS.length)];
    const member = `${name}_${i}`;
    switch (random.below(depth > 1 ? 6 : 9)) {
      case 0:
      case 1:
        lines.push(`${type} ${member};`);
        break;
      case 2:
        lines.push(`${type} ${member}[${1 + random.below(5)}][SIZE - 1];`);
        break;
      case 3:
        lines.push(`struct nowhere *${member}, **${member}_more;`);
        break;
      case 4:
        lines.push(`unsigned ${member}_a : ${1 + random.below(32)}, ${member}_b : ${1 + random.below(32)};`);
        break;
      case 5:
        lines.push(
          `short ${member}_c : ${1 + random.below(16)}; ${random.below(3) === 0 ? "int : 0;" : ""} enum color ${member}_d;`,
        );
        break;
      case 6:
        lines.push(`struct { ${members(random, member, depth + 1)} } ${member};`);
        break;
      case 7:
        lines.push(`union { ${members(random, member, depth + 1)} };`);
        break;
      default:
        lines.push(`struct { ${members(random, member, depth + 1)} } ${member}[2];`);
    }
  }
  return lines.join(" ");
}

/**
 * Every member of a struct and of the structs in it: where it lies and how wide it is.
 * @param {import("@sonde/bpf/btf").Btf} btf @param {number} id @returns {unknown}
 */
function layout(btf, id) {
  const type = btf.type(id);
  if (type.kind === "typedef" || type.kind === "const") return layout(btf, type.type);
  if (type.kind === "array") return { length: type.length, element: layout(btf, type.type) };
  if (type.kind !== "struct" && type.kind !== "union") return type.kind === "int" ? type.size : type.kind;
  return {
    size: type.size,
    members: type.members.map(({ name, bitOffset, bitSize, type: of }) => ({
      name,
      bitOffset,
      bitSize,
      of: layout(btf, of),
    })),
  };
}

test("structs, unions and enums lie as clang lays them out", () => {
  const random = new Random(7);
  const names = Array.from({ length: STRUCTS }, (_, i) => `made_${i}`);
  const text = [
    "#define SIZE (1 + 2)",
    "enum color { RED, GREEN = 1 << 4, BLUE };",
    ...names.map(
      (name, i) => `struct ${name} { ${members(random, "m", 0)} }${i % 7 === 3 ? " __attribute__((packed))" : ""};`,
    ),
    "typedef struct made_0 first_t;",
    "struct last { first_t first; unsigned int sizes[sizeof(struct made_1) / 4 + sizeof(first_t)]; };",
  ].join("\n");
  const source = path.join(folder, "structs.c");
  const used = [...names, "last"].map((name) => `struct ${name} v_${name};`).join("\n");
  writeFileSync(source, `${text}\n${used}\n`);
  const object = readObject(readFileSync(compileBpf(source, path.join(folder, "structs.o"), ["-Wno-everything"])));
  assert.ok(object.btf);

  const theirs = new BtfReader(object.btf);

  const { script, diagnostics } = parse(`${text}\nBEGIN { }`);
  assert.deepEqual(diagnostics, []);
  const said = new Diagnostics();
  const { target } = readDefinitions(script.declarations, fixtureTarget(), () => undefined, said);
  assert.deepEqual(said.list, []);
  assert.ok(target.btf);
  for (const name of [...names, "last"]) {
    const [own] = target.btf.find(name, "struct");
    const [other] = theirs.find(name, "struct");
    assert.ok(own !== undefined && other !== undefined);
    assert.deepEqual(layout(target.btf, own), layout(theirs, other), `struct ${name} in\n${text}`);
  }
});

test("constants of headers are what the headers say", () => {
  const source = path.join(folder, "constants.c");
  const program = path.join(folder, "constants");
  const headers = Object.entries(publicHeaders());
  const wanted = headers.flatMap(([, text]) => [...parseConstants(text)]);
  const lines = wanted.map(([name]) => `printf("${name} %lld\\n", (long long)(${name}));`);
  // <sched.h> and <linux/sched.h> agree but can't be included together; neither can the two <if.h>.
  writeFileSync(
    source,
    `#define _GNU_SOURCE\n#include <stdio.h>\n#include <unistd.h>\n${headers.map(([name]) => `#include <${name}>`).join("\n")}
     int main(void) { ${lines.join("\n")} return 0; }`,
  );
  compileProgram(source, program, []);
  const said = execFileSync(program, { encoding: "utf8" }).trim().split("\n");
  assert.deepEqual(
    wanted.map(([name, value]) => `${name} ${value}`),
    said,
  );
});
