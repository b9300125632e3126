/** Types that are made to exhaust whoever writes them out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BtfBuilder } from "./builder.ts";
import { printC } from "./c/header.ts";
import { deduplicate } from "./dedup/deduplicate.ts";
import { BtfError } from "./errors.ts";
import { declaration } from "./print.ts";
import { read } from "./testing.ts";
import { printTypeScript } from "./typescript/declarations.ts";

/** Thirty structs without a name, each with the one before it twice. */
function doublingStructs(): BtfBuilder {
  const btf = new BtfBuilder();
  let inner = btf.struct("", 0, []);
  for (let level = 0; level < 30; level++)
    inner = btf.struct(
      "",
      0,
      ["left", "right"].map((name) => ({ name: `${name}${level}`, type: inner, bitOffset: 0 })),
    );
  btf.typedef("endless", inner);
  return btf;
}

/** Thirty prototypes, each with a pointer to the one before it twice. */
function doublingPrototypes(): BtfBuilder {
  const btf = new BtfBuilder();
  let inner = btf.funcProto(0, []);
  for (let level = 0; level < 30; level++) {
    const type = btf.ptr(inner);
    inner = btf.funcProto(0, [
      { name: `a${level}`, type },
      { name: `b${level}`, type },
    ]);
  }
  btf.typedef("endless", btf.ptr(inner));
  return btf;
}

/** A pointer to itself. */
function circle(): BtfBuilder {
  const btf = new BtfBuilder();
  btf.typedef("endless", 2);
  btf.ptr(2);
  return btf;
}

for (const [what, builder] of [
  ["structs", doublingStructs()],
  ["prototypes", doublingPrototypes()],
  ["a pointer to itself", circle()],
] as const) {
  test(`text without end is refused: ${what}`, { timeout: 10_000 }, () => {
    const btf = read(builder);
    const roots = btf.find("endless", "typedef");
    assert.throws(() => printC(btf, roots), BtfError);
    assert.throws(() => printTypeScript(btf, roots), BtfError);
    const target = btf.type(roots[0]!);
    assert.ok(target.kind === "typedef");
    assert.throws(() => declaration(btf, target.type), BtfError);
  });
}

test("a variable of a type that does not exist is refused", () => {
  const btf = new BtfBuilder();
  btf.datasec(".bss", 4, [{ type: 99, offset: 0, size: 4 }]);
  assert.throws(() => deduplicate(read(btf)), /BTF has no type 99/);
});
