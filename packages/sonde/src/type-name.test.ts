import assert from "node:assert/strict";
import { test } from "node:test";
import { BtfBuilder, BtfReader } from "./btf.ts";
import { findType } from "./type-name.ts";

test("types are found by the names that C has for them", () => {
  const builder = new BtfBuilder();
  const int = builder.int("unsigned int", 4, "unsigned");
  const struct = builder.struct("event", 4, [{ name: "pid", type: int, bitOffset: 0 }]);
  const union = builder.union("event", 4, [{ name: "pid", type: int, bitOffset: 0 }]);
  const narrow = builder.enum("kind", 4, false, [{ name: "A", value: 1 }]);
  const wide = builder.enum("wide", 8, false, [{ name: "B", value: 1n << 40n }]);
  const alias = builder.typedef("u32", int);
  const btf = new BtfReader(builder.encode());
  const rows: readonly (readonly [string, number | undefined])[] = [
    ["struct event", struct],
    ["  struct   event ", struct],
    ["event", struct],
    ["union event", union],
    ["enum kind", narrow],
    ["enum wide", wide],
    ["u32", alias],
    ["unsigned int", int],
    ["struct kind", undefined],
    ["struct", undefined],
    ["", undefined],
  ];
  for (const [name, id] of rows) assert.equal(findType(btf, name), id, name);
});
