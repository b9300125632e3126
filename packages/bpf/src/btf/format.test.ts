/** What newer compilers and kernels put into BTF, and both ways to write it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BtfBuilder } from "./builder.ts";
import { encodeTypes } from "./encode-types.ts";
import { BtfError } from "./errors.ts";
import { BtfReader } from "./reader.ts";
import { allTypes, read } from "./testing.ts";
import { dumpBlobText, inTemporary, dumpText, ours, parseDump, theirs } from "./testing/bpftool.ts";
import { writeFileSync } from "node:fs";
import path from "node:path";

/** A blob of these words, with a header of 32 bytes that says how long types of kinds 0 to 21 are. */
function describing(words: readonly number[], strings: string, layouts: readonly [number, number][]): Uint8Array {
  const text = new TextEncoder().encode(strings);
  const table = new Uint8Array(layouts.flatMap(([fixed, entry]) => [fixed, entry, 0, 0]));
  const blob = new Uint8Array(32 + words.length * 4 + table.length + text.length);
  const view = new DataView(blob.buffer);
  view.setUint16(0, 0xeb9f, true);
  view.setUint8(2, 1);
  const sections = [
    32,
    0,
    words.length * 4,
    words.length * 4 + table.length,
    text.length,
    words.length * 4,
    table.length,
  ];
  for (const [index, word] of [...sections, ...words].entries()) view.setUint32(4 + index * 4, word, true);
  blob.set(table, 32 + words.length * 4);
  blob.set(text, 32 + words.length * 4 + table.length);
  return blob;
}

const INT = [1, 1 << 24, 4, 32];
/** Kind 21 with three entries: one word of its own and two for each. */
const UNHEARD_OF = [5, (21 << 24) | 3, 0, 7, 1, 2, 3, 4, 5, 6];
const LAYOUTS = Array.from({ length: 22 }, (_, kind): [number, number] => (kind === 21 ? [4, 8] : [0, 0]));

test("a kind that is unknown is passed over where the BTF says how long it is", () => {
  const types = new BtfReader(describing([...INT, ...UNHEARD_OF, 0, 2 << 24, 1], "\0int\0new\0", LAYOUTS));
  assert.equal(types.size, 4);
  assert.deepEqual(types.type(3), { kind: "ptr", id: 3, type: 1 });
  assert.throws(() => types.type(2), /BTF type 2: kind 21 is not known/);
  assert.throws(() => new BtfReader(describing([...INT, ...UNHEARD_OF], "\0int\0new\0", [])), BtfError);
  assert.throws(() => new BtfReader(describing(INT, "\0int\0", [[1, 0]])), /is not made of 32-bit words/);
});

test("lists may be longer than sixteen bits count", () => {
  const btf = new BtfBuilder();
  const values = Array.from({ length: 70_000 }, (_, value) => ({ name: `V${value}`, value }));
  const id = btf.enum("many", 4, false, values);
  const type = read(btf).type(id);
  assert.ok(type.kind === "enum");
  assert.equal(type.values.length, 70_000);
  assert.deepEqual(type.values.at(-1), { name: "V69999", value: 69_999n });
});

test("a tag that is a whole attribute is told from the text of one", () => {
  const btf = new BtfBuilder();
  const int = btf.int("int", 4, "signed");
  const plain = btf.typeTag("address_space(1)", int);
  const whole = btf.add({ kind: "typeTag", name: "address_space(1)", type: int, attribute: true });
  const decl = btf.add({
    kind: "declTag",
    name: "unused",
    type: btf.typedef("t", int),
    component: -1,
    attribute: true,
  });
  const types = read(btf);
  assert.deepEqual(types.type(plain), { kind: "typeTag", id: plain, name: "address_space(1)", type: int });
  assert.deepEqual(types.type(whole), {
    kind: "typeTag",
    id: whole,
    name: "address_space(1)",
    type: int,
    attribute: true,
  });
  const tag = types.type(decl);
  assert.ok(tag.kind === "declTag" && tag.attribute === true);
});

test("a struct that points to itself is declared, then defined", () => {
  const btf = new BtfBuilder();
  const node = btf.declare("struct", "node");
  const pointer = btf.ptr(node);
  assert.throws(() => btf.encode(), /struct node \(BTF type 1\) was declared and never defined/);
  btf.define(node, 8, [{ name: "next", type: pointer, bitOffset: 0 }]);
  assert.throws(() => btf.define(node, 8, []), BtfError);
  assert.deepEqual(allTypes(read(btf)), [
    { kind: "struct", id: 1, name: "node", size: 8, members: [{ name: "next", type: 2, bitOffset: 0, bitSize: 0 }] },
    { kind: "ptr", id: 2, type: 1 },
  ]);
});

test("split BTF is written behind its base, with the base's strings, as bpftool reads it", () => {
  const btf = new BtfBuilder();
  const int = btf.int("int", 4, "signed");
  btf.struct("pair", 4, [{ name: "value", type: int, bitOffset: 0 }]);
  const base = read(btf);
  const split = new BtfBuilder({ base });
  const mine = split.struct("mine", 8, [
    { name: "pair", type: 2, bitOffset: 0 },
    { name: "value", type: int, bitOffset: 32 },
  ]);
  split.typedef("mine_t", mine);
  const blob = split.encode();
  const types = new BtfReader(blob, { base });
  assert.deepEqual(types.find("mine", "struct"), [3]);
  assert.deepEqual(types.find("mine_t", "typedef"), [4]);
  assert.ok(!new TextDecoder().decode(blob).includes("pair"), "the base has that string");
  assert.deepEqual(encodeTypes(allTypes(types).slice(2), { base }), blob);
  inTemporary((folder) => {
    const [basePath, splitPath] = [path.join(folder, "base"), path.join(folder, "split")];
    writeFileSync(basePath, btf.encode());
    writeFileSync(splitPath, blob);
    assert.deepEqual(parseDump(dumpText(splitPath, basePath)).map(theirs), allTypes(types).slice(2).map(ours));
  });
});

test("a big-endian object is built for a big-endian machine", () => {
  const build = (byteOrder: "little" | "big"): BtfBuilder => {
    const btf = new BtfBuilder({ byteOrder });
    const int = btf.int("int", 4, "signed");
    btf.struct("fields", 4, [{ name: "a", type: int, bitOffset: 0, bitSize: 3 }]);
    btf.enum("wide", 8, true, [{ name: "LOW", value: -(2n ** 40n) }]);
    return btf;
  };
  const big = new BtfReader(build("big").encode());
  assert.equal(big.byteOrder, "big");
  assert.deepEqual(build("big").encode().subarray(0, 3), Uint8Array.of(0xeb, 0x9f, 1));
  assert.deepEqual(allTypes(big), allTypes(read(build("little"))));
  assert.equal(dumpBlobText(build("big").encode()), dumpBlobText(build("little").encode()));
});

test("types out of order are not encoded", () => {
  assert.throws(() => encodeTypes([{ kind: "ptr", id: 2, type: 0 }]), /type 2 stands where type 1 should/);
});
