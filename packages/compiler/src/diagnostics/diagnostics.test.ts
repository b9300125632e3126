import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { Diagnostics, MAX_ERRORS, nearest, render, type Diagnostic, type Message } from "./index.ts";
import { editDistance } from "./nearest.ts";

const message: Message<readonly [what: string]> = {
  code: "SND0001",
  severity: "error",
  text: (what) => `bad ${what}`,
  hint: (what) => `not ${what}`,
};

function at(start: number, end: number, more: Partial<Diagnostic> = {}): Diagnostic {
  return {
    code: "SND0001",
    severity: "error",
    message: "bad",
    span: { start, end },
    hint: undefined,
    notes: [],
    ...more,
  };
}

test("a diagnostic is drawn with its line, its place and its notes", () => {
  const text = 'BEGIN {\n  $x = 1;\n  $x = "a";\n}';
  const start = text.indexOf('"a"');
  const first = text.indexOf("$x");
  const drawn = render(
    at(start, start + 3, {
      hint: "cast it",
      notes: [{ message: "first assigned here", span: { start: first, end: first + 2 } }],
    }),
    { name: "a.bt", text },
  );
  assert.equal(
    drawn,
    [
      "error[SND0001]: bad",
      "  --> a.bt:3:8",
      "   |",
      ' 3 |   $x = "a";',
      "   |        ^^^",
      "  help: cast it",
      "  note: first assigned here",
      "  --> a.bt:2:3",
      "   |",
      " 2 |   $x = 1;",
      "   |   ^^",
      "",
    ].join("\n"),
  );
});

/** The frame's two lines, from behind the bar on. */
function frameOf(text: string, start: number, end: number): readonly string[] {
  return render(at(start, end), { name: "x", text })
    .split("\n")
    .slice(3, 5)
    .map((line) => line.slice(line.indexOf("|") + 2));
}

test("tabs, wide and combining characters keep the marks under their text", () => {
  assert.deepEqual(frameOf("a\tbc", 2, 4), ["a   bc", "    ^^"]);
  assert.deepEqual(frameOf("漢字 x", 3, 4), ["漢字 x", "     ^"]);
  assert.deepEqual(frameOf("e\u0301 x", 3, 4), ["e\u0301 x", "  ^"]);
  assert.deepEqual(frameOf("😀 x", 3, 4), ["😀 x", "   ^"]);
});

test("long lines are cut around the place", () => {
  const [line = "", marks = ""] = frameOf(`${"a".repeat(500)}HERE${"b".repeat(500)}`, 500, 504);
  assert.ok(line.length <= 100 && line.startsWith("…a") && line.endsWith("b…"), line);
  assert.equal(line.slice(marks.indexOf("^"), marks.lastIndexOf("^") + 1), "HERE");
  const [huge = "", many = ""] = frameOf("c".repeat(1000), 0, 1000);
  assert.ok(huge.length <= 100 && many.length <= 100);
});

test("spans over several lines, at the end and in empty texts have one mark at least", () => {
  assert.deepEqual(frameOf("ab\ncd", 1, 5), ["ab", " ^"]);
  assert.deepEqual(frameOf("ab", 2, 2), ["ab", "  ^"]);
  assert.deepEqual(frameOf("", 0, 0), ["", "^"]);
  assert.deepEqual(frameOf("ab\r\ncd", 0, 6), ["ab", "^^"]);
});

test("control characters of a source never reach the terminal", () => {
  const drawn = render(at(0, 1), { name: "x", text: "\x1b[31m\u202e" });
  assert.ok(!drawn.includes("\x1b") && !drawn.includes("\u202e"));
});

test("colours are marks around the same text", () => {
  const source = { name: "x", text: "abc" };
  const plain = render(at(1, 2, { hint: "h" }), source);
  const colored = render(at(1, 2, { hint: "h" }), source, { color: true });
  assert.notEqual(colored, plain);
  assert.equal(stripVTControlCharacters(colored), plain);
});

test("the collector keeps one of each and stops at its limit", () => {
  const diagnostics = new Diagnostics();
  diagnostics.report(message, { start: 0, end: 1 }, "x");
  diagnostics.report(message, { start: 0, end: 1 }, "y");
  assert.deepEqual(
    diagnostics.list.map(({ message: text, hint }) => [text, hint]),
    [["bad x", "not x"]],
  );
  for (let i = 0; i < 50; i++) diagnostics.report(message, { start: i, end: i + 1 }, "x");
  assert.equal(diagnostics.list.length, MAX_ERRORS);
  assert.ok(diagnostics.full && diagnostics.failed);
});

test("edit distance counts insertions, deletions, changes and swaps", () => {
  const distances: readonly (readonly [string, string, number])[] = [
    ["pid", "pid", 0],
    ["pid", "PID", 0],
    ["pdi", "pid", 1],
    ["pidd", "pid", 1],
    ["pd", "pid", 1],
    ["pod", "pid", 1],
    ["kitten", "sitting", 3],
    ["", "abc", 3],
  ];
  for (const [a, b, want] of distances) {
    assert.equal(editDistance(a, b), want, `${a} ${b}`);
    assert.equal(editDistance(b, a), want, `${b} ${a}`);
  }
});

test("near names are slips, not other words", () => {
  const names = ["pid", "tid", "comm", "nsecs", "elapsed"];
  assert.equal(nearest("comn", names), "comm");
  assert.equal(nearest("nsec", names), "nsecs");
  assert.equal(nearest("ellapsed", names), "elapsed");
  assert.equal(nearest("cgroup", names), undefined);
  assert.equal(nearest("x", names), undefined);
});
