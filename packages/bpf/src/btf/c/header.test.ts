import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { readFile } from "../../elf/read/file.ts";
import type { Btf, BtfType, TypeId } from "../btf.ts";
import { BtfBuilder } from "../builder.ts";
import { BtfError } from "../errors.ts";
import { isComposite, resolve, sizeOf } from "../members.ts";
import type { Composite } from "../members.ts";
import { reachable } from "../reach.ts";
import { BtfReader } from "../reader.ts";
import { read } from "../testing.ts";
import { inTemporary } from "../testing/bpftool.ts";
import { printC } from "./header.ts";

/** The whole kernel takes minutes: that test exists with SONDE_LONG=1 only. */
const LONG: boolean = process.env["SONDE_LONG"] === "1";

const vmlinux = new BtfReader(readFileSync("/sys/kernel/btf/vmlinux"));

/** What is between the pragmas. */
function body(btf: Btf, roots?: Iterable<TypeId>): string {
  return printC(btf, roots).split("#endif\n")[1]!.split("#if")[0]!.trim();
}

/** Compiles a header and a source that includes it, for BPF, without warnings. */
function clang(header: string, source: string, words: readonly string[]): Uint8Array {
  return inTemporary((folder) => {
    writeFileSync(path.join(folder, "types.h"), header);
    writeFileSync(path.join(folder, "source.c"), `#include "types.h"\n${source}`);
    const object = path.join(folder, "object.o");
    execFileSync("clang-16", ["-target", "bpf", "-Werror", ...words, "-c", "source.c", "-o", object], {
      cwd: folder,
      stdio: "pipe",
    });
    return words.includes("-fsyntax-only") ? new Uint8Array(0) : new Uint8Array(readFileSync(object));
  });
}

/** The BTF that clang makes of a header, with all of `declarations` in it. */
function compiled(header: string, declarations: readonly string[]): BtfReader {
  const members = declarations.map((declaration, index) => `${declaration} m${index};`);
  const object = clang(header, `union { ${members.join("\n")} } *sonde_every_type;\n`, ["-g", "-O2"]);
  return new BtfReader(readFile(object).sections.find(({ name }) => name === ".BTF")!.bytes);
}

test("types stand in an order that C takes", () => {
  const btf = new BtfBuilder();
  const int = btf.int("int", 4, "signed");
  const list = btf.declare("struct", "list");
  const item = btf.declare("struct", "item");
  btf.define(list, 16, [
    { name: "first", type: btf.ptr(item), bitOffset: 0 },
    { name: "self", type: btf.ptr(list), bitOffset: 64 },
  ]);
  const callback = btf.typedef(
    "callback",
    btf.ptr(
      btf.funcProto(int, [
        { name: "item", type: btf.ptr(btf.const(item)) },
        { name: "", type: 0 },
      ]),
    ),
  );
  btf.define(item, 32, [
    { name: "list", type: list, bitOffset: 0 },
    { name: "call", type: callback, bitOffset: 128 },
    { name: "table", type: btf.ptr(btf.const(btf.array(btf.const(int), 3))), bitOffset: 192 },
  ]);
  assert.equal(
    body(read(btf)),
    `struct item;

struct list {
	struct item *first;
	struct list *self;
};

typedef int (*callback)(const struct item *item, ...);

struct item {
	struct list list;
	callback call;
	const int (*table)[3];
};`,
  );
});

test("padding, packing and sizes are written where the compiler would do otherwise", () => {
  const btf = new BtfBuilder();
  const [byte, int, long] = [
    btf.int("unsigned char", 1, "unsigned"),
    btf.int("int", 4, "signed"),
    btf.int("long int", 8, "signed"),
  ];
  btf.struct("padded", 24, [
    { name: "a", type: byte, bitOffset: 0 },
    { name: "b", type: int, bitOffset: 64 },
  ]);
  btf.struct("packed", 9, [
    { name: "a", type: byte, bitOffset: 0 },
    { name: "b", type: long, bitOffset: 8 },
  ]);
  btf.struct("fields", 8, [
    { name: "a", type: int, bitOffset: 0, bitSize: 3 },
    { name: "b", type: int, bitOffset: 5, bitSize: 20 },
    { name: "c", type: int, bitOffset: 32, bitSize: 8 },
  ]);
  btf.union("wide", 16, [{ name: "a", type: long, bitOffset: 0 }]);
  btf.enum("small", 1, false, [{ name: "ONE", value: 1 }]);
  btf.enum("large", 8, true, [
    { name: "LOWEST", value: -(2n ** 63n) },
    { name: "HIGH", value: 2n ** 40n },
  ]);
  btf.struct("tail", 4, [
    { name: "a", type: int, bitOffset: 0 },
    { name: "rest", type: btf.array(byte, 0), bitOffset: 32 },
  ]);
  const types = read(btf);
  assert.equal(
    body(types, [...types.find("padded", "struct"), ...types.find("packed", "struct"), ...types.find("wide", "union")]),
    `struct padded {
	unsigned char a;
	long: 56;
	int b;
	long: 32;
	long: 64;
};

struct packed {
	unsigned char a;
	long int b;
} __attribute__((packed));

union wide {
	long int a;
} __attribute__((aligned(16)));`,
  );
  assertSameLayouts(types);
});

test("names that stand twice, or mean something to C, are changed", () => {
  const btf = new BtfBuilder();
  const int = btf.int("int", 4, "signed");
  const first = btf.struct("same", 4, [{ name: "default", type: int, bitOffset: 0 }]);
  btf.struct("same", 8, [
    { name: "first", type: first, bitOffset: 0 },
    { name: "second", type: int, bitOffset: 32 },
  ]);
  btf.typedef("same", int);
  btf.enum("", 4, false, [{ name: "same", value: 1 }]);
  btf.func("call.llvm.1", btf.funcProto(int, [{ name: "for", type: int }]), "static");
  const types = read(btf);
  assert.equal(
    body(
      types,
      Array.from({ length: types.size - 1 }, (_, index) => index + 1),
    ),
    `struct same {
	int default_;
};

struct same___2 {
	struct same first;
	int second;
};

typedef int same;
extern int call_llvm_1(int for_);

enum {
	same___2 = 1,
};`,
  );
});

test("tags are attributes, which clang takes and gives back", () => {
  const btf = new BtfBuilder();
  const int = btf.int("int", 4, "signed");
  const user = btf.ptr(btf.typeTag("user", int));
  const pair = btf.struct("pair", 16, [
    { name: "a", type: user, bitOffset: 0 },
    { name: "b", type: btf.ptr(btf.typeTag("rcu", user)), bitOffset: 64 },
  ]);
  btf.declTag("whole", pair, -1);
  btf.declTag("second", pair, 1);
  const text = printC(read(btf));
  assert.match(text, /int __attribute__\(\(btf_type_tag\("user"\)\)\) \*a;/);
  const theirs = compiled(text, ["struct pair"]);
  assert.deepEqual([...theirs.names("typeTag")].sort(), ["rcu", "user"]);
  const id = theirs.find("pair", "struct")[0]!;
  const tags = [...theirs.ids("declTag")]
    .map((tag) => theirs.type(tag))
    .filter((tag) => tag.kind === "declTag" && tag.type === id);
  assert.deepEqual(tags.map((tag) => (tag.kind === "declTag" ? `${tag.name} ${tag.component}` : "")).sort(), [
    "second 1",
    "whole -1",
  ]);
});

test("a struct with a name that stands as a member without one is written out", () => {
  const btf = new BtfBuilder();
  const int = btf.int("int", 4, "signed");
  const key = btf.struct("key", 4, [{ name: "length", type: int, bitOffset: 0 }]);
  const whole = btf.struct("whole", 8, [
    { name: "", type: btf.const(key), bitOffset: 0 },
    { name: "last", type: int, bitOffset: 32 },
  ]);
  assert.equal(
    body(read(btf), [whole]),
    `struct key {
\tint length;
};

struct whole {
\tstruct {
\t\tint length;
\t};
\tint last;
};`,
  );
  clang(printC(read(btf)), '_Static_assert(__builtin_offsetof(struct whole, length) == 0, "");', ["-fsyntax-only"]);
});

test("a struct that contains itself is an error", () => {
  const btf = new BtfBuilder();
  const node = btf.declare("struct", "node");
  btf.define(node, 8, [{ name: "inner", type: node, bitOffset: 0 }]);
  assert.throws(() => printC(read(btf)), BtfError);
});

test("every struct of the kernel, compiled by clang, has the kernel's size and offsets", () => {
  const header = printC(vmlinux);
  const ids = definedIn(header, vmlinux);
  assert.ok(ids.length > 10_000);
  const checks = ids.flatMap(({ id, words }) => {
    const type = vmlinux.type(id);
    return isComposite(type)
      ? [`_Static_assert(sizeof(${words}) == ${type.size});`, ...offsets(vmlinux, type, words, "", 0)]
      : [];
  });
  assert.ok(checks.length > 60_000);
  // Strictly, only C23 lets an assertion go without a message.
  clang(header, checks.join("\n"), ["-fsyntax-only", "-Wno-c2x-extensions"]);
});

test("of a struct with all that it reaches clang makes the kernel's BTF", () => {
  assertSameLayouts(vmlinux, ["pid_namespace", "bio", "cgroup_subsys_state", "cpuidle_state", "tcp_sock", "ethhdr"]);
});

if (LONG)
  test("of the whole kernel's types clang makes the kernel's BTF", () => {
    assertSameLayouts(vmlinux);
  });

/** Assertions on the offset of each member that is no bit field, through anonymous structs and embedded ones without a name. */
function offsets(btf: Btf, type: Composite, words: string, prefix: string, base: number): string[] {
  return type.members.flatMap(({ name, type: id, bitOffset, bitSize }) => {
    const at = base + bitOffset;
    const inner = resolve(btf, id);
    const nested = isComposite(inner) && inner.name === "" && btf.type(id).kind !== "typedef";
    const field = prefix + name;
    const below = nested ? offsets(btf, inner, words, name === "" ? prefix : `${field}.`, at) : [];
    if (name === "" || bitSize > 0) return below;
    return [`_Static_assert(__builtin_offsetof(${words}, ${field}) == ${at >> 3});`, ...below];
  });
}

/** What a header defines: structs, unions and enums, the first of each name. */
function definedIn(header: string, btf: Btf): { readonly id: TypeId; readonly words: string }[] {
  return [...header.matchAll(/^(struct|union|enum) (\w+) \{/gm)].flatMap(([, kind, name]) => {
    const found = [...btf.find(name!, kind as "struct"), ...(kind === "enum" ? btf.find(name!, "enum64") : [])];
    return found.slice(0, 1).map((id) => ({ id, words: `${kind} ${name}` }));
  });
}

/** Prints (all types, or the structs named with all that they reach), compiles, reads, compares. */
function assertSameLayouts(btf: BtfReader, structs?: readonly string[]): void {
  const named = structs?.flatMap((name) => btf.find(name, "struct"));
  const header = printC(btf, named && [...named, ...valuesOf(btf, named)]);
  const defined = definedIn(header, btf);
  assert.ok(defined.length >= (structs?.length ?? 1));
  const theirs = compiled(
    header,
    defined.map(({ words }) => words),
  );
  for (const { id, words } of defined) {
    const want = btf.type(id) as Extract<BtfType, { name: string }>;
    const [found] = [
      ...theirs.find(want.name, want.kind),
      ...(want.kind === "enum" ? theirs.find(want.name, "enum64") : []),
    ];
    assert.ok(found !== undefined, words);
    assert.equal(describe(theirs, found), describe(btf, id), words);
  }
}

/** As much of what the roots reach as CI has time for. */
function valuesOf(btf: Btf, roots: readonly TypeId[]): TypeId[] {
  return reachable(btf, roots).filter((id) => id % 10 === 0);
}

/** A layout as text: size, members with their places, and the same of members whose type has no name. */
function describe(btf: Btf, id: TypeId): string {
  const type = resolve(btf, id);
  switch (type.kind) {
    case "struct":
    case "union": {
      const members = type.members.map((member) => {
        const inner = elementOf(btf, member.type);
        const nested = isComposite(inner) && inner.name === "" ? describe(btf, inner.id) : "";
        return `${member.bitOffset}:${member.bitSize} ${member.name} ${sizeOf(btf, member.type)} ${nested}`;
      });
      return `${type.kind} ${type.size} {${members.join("; ")}}`;
    }
    case "enum":
    case "enum64":
      return `enum ${type.size} {${type.values.map(({ value }) => BigInt.asUintN(type.size * 8, value)).join()}}`;
    default:
      return type.kind;
  }
}

function elementOf(btf: Btf, id: TypeId): BtfType {
  const type = resolve(btf, id);
  return type.kind === "array" ? elementOf(btf, type.type) : type;
}
