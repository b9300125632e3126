/** The preprocessor: what macros expand to, and what constant expressions are worth. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { holds } from "./conditions.ts";
import { evaluate } from "./evaluate.ts";
import { ExpansionTooLarge, Macros } from "./macros.ts";
import { tokenize } from "./tokens.ts";

function macros(...lines: readonly string[]): Macros {
  const all = new Macros();
  for (const line of lines) assert.ok(all.define(`#define ${line}`, 0), line);
  return all;
}

const EXPANSIONS: readonly (readonly [defines: readonly string[], text: string, want: string])[] = [
  [["A 1"], "A B A", "1 B 1"],
  [["A B", "B A"], "A B", "A B"],
  [["F(x, y) x + y"], "F(1, (2, 3)) F", "1 + ( 2 , 3 ) F"],
  [["F(x) (x)", "G(x) F(x) F"], "G(G(1))", "( ( 1 ) F ) F"],
  [["JOIN(a, b) a ## b", "xy 7"], "JOIN(x, y)", "7"],
  [["F() 1"], "F() F ()", "1 1"],
  [["A 1 // one"], "A /* two */ A", "1 1"],
  [["N 0x10UL"], "char c[N];", "char c [ 0x10UL ] ;"],
];

for (const [defines, text, want] of EXPANSIONS) {
  test(`${defines.join("; ")}: ${text}`, () => {
    const tokens = macros(...defines).expand(tokenize(text, 0));
    assert.equal(tokens.map((token) => token.text).join(" "), want);
  });
}

test("an expansion without end in reach is stopped", () => {
  const lines = Array.from(
    { length: 8 },
    (_, i) => `A${i} A${i + 1} A${i + 1} A${i + 1} A${i + 1} A${i + 1} A${i + 1}`,
  );
  assert.throws(() => macros(...lines).expand(tokenize("A0", 0)), ExpansionTooLarge);
});

const VALUES: readonly (readonly [text: string, value: bigint | undefined])[] = [
  ["1 + 2 * 3", 7n],
  ["(1 << 4) | 0x3", 19n],
  ["010 + 'a'", 105n],
  ["-7 / 2", -3n],
  ["~0 & 0xff", 255n],
  ["!3 || 1 && 0", 0n],
  ["1 ? 2 : 3 ? 4 : 5", 2n],
  ["7 >= 7 == 1", 1n],
  ["'\\n' + '\\x10' + '\\\\'", 118n],
  ["1 / 0", undefined],
  ["1 <<", undefined],
  ["1 2", undefined],
  ["unknown", undefined],
  ["1 << 64", undefined],
  ["(".repeat(200), undefined],
];

for (const [text, value] of VALUES)
  test(`${text.slice(0, 40)} is ${value}`, () =>
    assert.equal(evaluate(tokenize(text, 0), { value: () => undefined }), value));

const CONDITIONS: readonly (readonly [name: string, condition: string, holds: boolean | undefined])[] = [
  ["ifdef", "A", true],
  ["ifndef", "A", false],
  ["if", "defined(A) && !defined B", true],
  ["if", "A > 1 && A + 1 == 3", true],
  ["if", "UNKNOWN", false],
  ["if", "LINUX_VERSION_CODE > 5", undefined],
  ["if", "A >", undefined],
];

for (const [name, condition, want] of CONDITIONS)
  test(`#${name} ${condition}`, () => assert.equal(holds(name, condition, macros("A 2")), want));
