import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { readFile } from "../../elf/read/file.ts";
import { compile } from "../../elf/testing/objects.ts";
import { BtfBuilder } from "../builder.ts";
import { BtfError } from "../errors.ts";
import { mergeTypes } from "../merge.ts";
import { BtfReader } from "../reader.ts";
import { allTypes, read } from "../testing.ts";
import { dumpText, inTemporary, ours, parseDump, theirs } from "../testing/bpftool.ts";
import { deduplicate } from "./deduplicate.ts";

/** The whole kernel takes minutes: that test exists with SONDE_LONG=1 only. */
const LONG: boolean = process.env["SONDE_LONG"] === "1";

function merged(...builders: readonly BtfBuilder[]): BtfReader {
  return new BtfReader(deduplicate(new BtfReader(mergeTypes(builders.map(read)))).btf);
}

/** struct node { struct node *next; struct owner *owner; }, where `owner` is known or only declared. */
function graph(ownerKnown: boolean, nodeSize = 16): BtfBuilder {
  const btf = new BtfBuilder();
  const node = btf.declare("struct", "node");
  const owner = ownerKnown
    ? btf.struct("owner", 8, [{ name: "first", type: btf.ptr(node), bitOffset: 0 }])
    : btf.fwd("owner", false);
  btf.define(node, nodeSize, [
    { name: "next", type: btf.ptr(node), bitOffset: 0 },
    { name: "owner", type: btf.ptr(owner), bitOffset: 64 },
  ]);
  return btf;
}

test("structs that go round in a circle become one", () => {
  const once = merged(graph(true));
  assert.deepEqual(allTypes(merged(graph(true), graph(true), graph(true))), allTypes(once));
  assert.equal(once.size - 1, 4);
});

for (const [first, second] of [
  [true, false],
  [false, true],
] as const) {
  test(`a forward declaration becomes the struct, ${first ? "which came before" : "which comes later"}`, () => {
    const types = merged(graph(first), graph(second));
    assert.deepEqual([...types.ids("fwd")], []);
    assert.deepEqual([...types.names("struct")].sort(), ["node", "owner"]);
    assert.equal(types.size - 1, 4);
  });
}

test("structs of one name and different content stay apart", () => {
  const types = merged(graph(true), graph(true, 24));
  assert.equal(types.find("node", "struct").length, 2);
  assert.equal(types.find("owner", "struct").length, 2);
});

test("a declaration that no struct leads to becomes the only struct of its name", () => {
  const user = new BtfBuilder();
  user.typedef("handle", user.ptr(user.fwd("owner", false)));
  const [handle] = merged(user, graph(true)).find("handle", "typedef");
  const types = merged(user, graph(true));
  const typedef = types.type(handle!);
  assert.ok(typedef.kind === "typedef");
  const pointer = types.type(typedef.type);
  assert.ok(pointer.kind === "ptr");
  assert.equal(types.type(pointer.type).kind, "struct");
  assert.equal(merged(user, graph(true), graph(true, 24)).find("owner", "fwd").length, 1);
});

test("a union is no struct that was declared", () => {
  const user = new BtfBuilder();
  user.ptr(user.fwd("owner", true));
  assert.equal(merged(user, graph(true)).find("owner", "fwd").length, 1);
});

test("an enum without values becomes the one with them", () => {
  const declares = new BtfBuilder();
  declares.ptr(declares.enum("state", 4, false, []));
  const defines = new BtfBuilder();
  defines.ptr(defines.enum("state", 4, false, [{ name: "ON", value: 1 }]));
  for (const order of [
    [declares, defines],
    [defines, declares],
  ])
    assert.deepEqual(
      allTypes(merged(...order))
        .map(({ kind }) => kind)
        .sort(),
      ["enum", "ptr"],
    );
});

test("variables and sections stay as many as they are", () => {
  const btf = new BtfBuilder();
  btf.datasec(".bss", 4, [{ type: btf.var("count", btf.int("int", 4, "signed"), "static"), offset: 0, size: 4 }]);
  const types = merged(btf, btf);
  assert.deepEqual(
    allTypes(types).map(({ kind }) => kind),
    ["int", "var", "datasec", "var", "datasec"],
  );
});

test("former ids are known by their new ones", () => {
  const twice = new BtfReader(mergeTypes([read(graph(true)), read(graph(true))]));
  const { btf, ids } = deduplicate(twice);
  const types = new BtfReader(btf);
  assert.deepEqual(
    twice.find("node", "struct").map((id) => ids[id]),
    [1, 1],
  );
  assert.deepEqual(types.find("node", "struct"), [1]);
  assert.equal(ids[0], 0);
});

test("a module's types give way to those of its base", () => {
  const base = read(graph(true));
  const split = new BtfBuilder({ base });
  const node = split.declare("struct", "node");
  const owner = split.struct("owner", 8, [{ name: "first", type: split.ptr(node), bitOffset: 0 }]);
  split.define(node, 16, [
    { name: "next", type: split.ptr(node), bitOffset: 0 },
    { name: "owner", type: split.ptr(owner), bitOffset: 64 },
  ]);
  split.typedef("mine", split.ptr(node));
  const { btf } = deduplicate(new BtfReader(split.encode(), { base }));
  const types = new BtfReader(btf, { base });
  assert.deepEqual(allTypes(types).slice(base.size - 1), [
    { kind: "typedef", id: base.size, name: "mine", type: allTypes(base).find(({ kind }) => kind === "ptr")!.id },
  ]);
});

test("a declaration in the base stays one: the module keeps its struct", () => {
  const base = read(graph(false));
  const own = graph(true);
  const split = new BtfReader(mergeTypes([read(own)]));
  const builder = new BtfBuilder({ base });
  const shift = base.size - 1;
  for (const type of allTypes(split)) {
    if (type.kind === "ptr") builder.add({ ...type, type: type.type + shift });
    if (type.kind === "struct")
      builder.add({ ...type, members: type.members.map((member) => ({ ...member, type: member.type + shift })) });
  }
  const types = new BtfReader(deduplicate(new BtfReader(builder.encode(), { base })).btf, { base });
  assert.equal(types.find("owner", "struct").length, 1);
  assert.equal(types.find("node", "struct").length, 2);
  assert.deepEqual(types.type(base.find("owner", "fwd")[0]!).kind, "fwd");
});

test("a type that is made of itself is an error", () => {
  const btf = new BtfBuilder();
  btf.const(2);
  btf.volatile(1);
  assert.throws(() => deduplicate(read(btf)), BtfError);
});

for (const names of [
  ["a", "b"],
  ["b", "a"],
  ["a", "b", "c"],
  ["c", "a", "b"],
]) {
  test(`clang's objects ${names.join(", ")} have the types that libbpf's linker leaves`, () => {
    inTemporary((folder) => {
      const objects = names.map((name) => {
        const object = compile(`btf-merge-${name}`);
        writeFileSync(path.join(folder, `${name}.o`), object);
        return { name, types: typesOf(object) };
      });
      const files = objects.map(({ name }) => path.join(folder, `${name}.o`));
      execFileSync("bpftool", ["gen", "object", path.join(folder, "all.o"), ...files]);
      const want = parseDump(dumpText(path.join(folder, "all.o")));
      const once = deduplicate(new BtfReader(mergeTypes(objects.map(({ types }) => types)))).btf;
      assert.deepEqual(allTypes(new BtfReader(once)).map(ours), want.map(theirs));
      assert.deepEqual(deduplicate(new BtfReader(once)).btf, once);
    });
  });
}

function typesOf(object: Uint8Array): BtfReader {
  const section = readFile(object).sections.find(({ name }) => name === ".BTF");
  assert.ok(section);
  return new BtfReader(section.bytes);
}

if (LONG)
  test("the kernel's types twice are the kernel's types once", () => {
    const vmlinux = new BtfReader(readFileSync("/sys/kernel/btf/vmlinux"));
    const once = deduplicate(vmlinux);
    const types = new BtfReader(once.btf);
    assert.equal(types.size, vmlinux.size);
    const twice = new BtfReader(deduplicate(new BtfReader(mergeTypes([vmlinux, vmlinux]))).btf);
    for (let id = 1; id < vmlinux.size; id++) {
      assert.deepEqual(types.type(id), vmlinux.type(id));
      assert.deepEqual(twice.type(id), vmlinux.type(id));
    }
    for (let id = vmlinux.size; id < twice.size; id++) assert.match(twice.type(id).kind, /^(var|datasec)$/);
  });
