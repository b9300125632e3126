import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { addStrings } from "./add-strings.ts";
import { BtfBuilder } from "./builder.ts";
import { BtfError } from "./errors.ts";
import { loadIndex, serialiseIndex } from "./index-table.ts";
import { BtfReader } from "./reader.ts";
import { allTypes, read } from "./testing.ts";

function sample(): BtfBuilder {
  const btf = new BtfBuilder();
  const int = btf.int("int", 4, "signed");
  btf.struct("task", 8, [
    { name: "pid", type: int, bitOffset: 0 },
    { name: "tgid", type: int, bitOffset: 32 },
  ]);
  btf.typedef("task", int);
  btf.struct("subtask", 4, [{ name: "task", type: int, bitOffset: 0 }]);
  btf.struct("", 4, [{ name: "x", type: int, bitOffset: 0 }]);
  return btf;
}

test("types are found by name and kind", () => {
  const btf = read(sample());
  assert.deepEqual(btf.find("task", "struct"), [2]);
  assert.deepEqual(btf.find("task", "typedef"), [3]);
  assert.deepEqual(btf.find("task", "union"), []);
  assert.deepEqual(btf.find("tas", "struct"), []);
  assert.deepEqual(btf.find("", "struct"), [5]);
  assert.deepEqual([...btf.names("struct")], ["task", "subtask", ""]);
  assert.equal(btf.size, 6);
  assert.deepEqual(btf.type(0), { kind: "void", id: 0 });
  assert.throws(() => btf.type(6), /BTF has no type 6: there are 6/);
});

test("names are listed right beside strings that are not ASCII", () => {
  const builder = new BtfBuilder();
  builder.string("größe = 1;");
  builder.typedef("after", builder.int("int", 4, "signed"));
  assert.deepEqual([...read(builder).names("typedef")], ["after"]);
});

test("a blob of the other byte order, or at an odd address, reads the same", () => {
  const little = sample().encode();
  const expected = allTypes(new BtfReader(little));
  assert.deepEqual(allTypes(new BtfReader(swapped(little))), expected);
  const shifted = new Uint8Array(little.length + 1);
  shifted.set(little, 1);
  assert.deepEqual(allTypes(new BtfReader(shifted.subarray(1))), expected);
});

test("split BTF continues the ids and strings of its base", () => {
  const base = read(sample());
  // A module's blob: its ids start behind the base's types, its strings behind the base's strings.
  const own = new BtfBuilder();
  own.ptr(2);
  own.typedef("in_module", base.size);
  const blob = own.encode();
  const view = new DataView(blob.buffer);
  for (const word of [0, 3]) {
    const at = 24 + word * 4;
    const offset = view.getUint32(at, true);
    if (offset !== 0) view.setUint32(at, offset + base.stringBytes, true);
  }
  const split = new BtfReader(blob, { base });
  assert.deepEqual(split.type(2), base.type(2));
  assert.deepEqual(split.type(6), { kind: "ptr", id: 6, type: 2 });
  assert.deepEqual(split.type(7), { kind: "typedef", id: 7, name: "in_module", type: 6 });
  assert.deepEqual(split.find("in_module", "typedef"), [7]);
  assert.deepEqual(split.find("task", "struct"), [2]);
  assert.equal(split.size, 8);
});

test("an index read back from bytes serves as well as a new one", () => {
  const blob = sample().encode();
  const saved = serialiseIndex(new BtfReader(blob).index, blob);
  const index = loadIndex(saved, blob);
  assert.ok(index);
  assert.deepEqual(allTypes(new BtfReader(blob, { index })), allTypes(new BtfReader(blob)));
});

test("an index that is damaged or of another BTF is not used", () => {
  const blob = sample().encode();
  const saved = serialiseIndex(new BtfReader(blob).index, blob);
  const other = blob.slice();
  other[other.length - 2]! ^= 1;
  assert.equal(loadIndex(saved, other), undefined);
  assert.equal(loadIndex(saved.subarray(0, saved.length - 4), blob), undefined);
  fc.assert(
    fc.property(fc.nat(saved.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
      const damaged = saved.slice();
      damaged[at]! ^= bits;
      assert.equal(loadIndex(damaged, blob), undefined);
    }),
    { numRuns: 100 },
  );
});

test("damaged BTF gives a BtfError or types, never anything else", () => {
  const blob = sample().encode();
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(blob.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
      const damaged = blob.slice();
      for (const [at, byte] of changes) damaged[at] = byte;
      try {
        allTypes(new BtfReader(damaged));
      } catch (error) {
        assert.ok(error instanceof BtfError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

test("strings can be added to a finished blob", () => {
  const blob = sample().encode();
  const { btf, offset } = addStrings(blob, ["task", "probe.bt", "count()", "probe.bt"]);
  const reader = new BtfReader(btf);
  assert.deepEqual(allTypes(reader), allTypes(new BtfReader(blob)));
  for (const text of ["task", "probe.bt", "count()"]) assert.equal(reader.string(offset(text)), text);
  assert.throws(() => offset("never"), /"never" was not added/);
  assert.equal(addStrings(blob, ["pid"]).btf, blob);
});

/** Every header field and every word of the type section with its bytes reversed. */
function swapped(blob: Uint8Array): Uint8Array {
  const from = new DataView(blob.buffer, blob.byteOffset);
  const copy = blob.slice();
  const to = new DataView(copy.buffer);
  to.setUint16(0, from.getUint16(0, true), false);
  const end = 24 + from.getUint32(12, true);
  for (let at = 4; at < end; at += 4) to.setUint32(at, from.getUint32(at, true), false);
  return copy;
}
