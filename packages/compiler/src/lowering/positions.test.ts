import assert from "node:assert/strict";
import { test } from "node:test";
import { lineAt, locate } from "../diagnostics/index.ts";
import { Positions } from "./positions.ts";

const text = "begin {\r\n  @ = 1; // \u{1f41d}\u00e9 x\n\n  print(@);\n}";

test("positions are those of locate(), in whatever order they are asked for", () => {
  const offsets = Array.from({ length: text.length + 1 }, (_, offset) => offset).filter(
    // Within a surrogate pair there is no place.
    (offset) => text.codePointAt(offset - 1) !== 0x1f41d,
  );
  const backwards = offsets.toReversed();
  const jumping = offsets.map((_, index) => offsets[(index * 7) % offsets.length]!);
  for (const order of [offsets, backwards, jumping]) {
    const positions = new Positions({ name: "x.bt", text });
    for (const start of order) {
      const { start: from, end } = lineAt(text, start);
      const want = { file: "x.bt", ...locate(text, start), text: text.slice(from, end) };
      assert.deepEqual(positions.at({ start, end: start }), want, `offset ${start}`);
    }
  }
});

test("a script of a megabyte on one line or on many costs no more than a second", () => {
  for (const statement of ["@ = nsecs; ", "@ = nsecs;\n"]) {
    const long = statement.repeat(90_000);
    const positions = new Positions({ name: "x.bt", text: long });
    const started = process.cpuUsage();
    for (let start = 0; start < long.length; start += statement.length) positions.at({ start, end: start });
    const { user, system } = process.cpuUsage(started);
    assert.ok(user + system < 1_000_000, `${(user + system) / 1000} ms`);
  }
});
