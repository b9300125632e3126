import assert from "node:assert/strict";
import { test } from "node:test";
import { runInThisContext } from "node:vm";
import { parse } from "../index.ts";
import { printExpr, printScript } from "../testing/print.ts";

const cases: readonly { readonly name: string; readonly source: string; readonly want: string }[] = [
  { name: "begin", source: "BEGIN { }", want: "(probe [begin] {})" },
  {
    name: "begin in small letters, last semicolon left out",
    source: "begin { exit() }",
    want: "(probe [begin] {(exit)})",
  },
  {
    name: "filter",
    source: 'tracepoint:a:b /comm == "dd"/ { @ = count(); }',
    want: '(probe [tracepoint|a|b] (if (== #comm "dd")) {(= @ (count))})',
  },
  { name: "filter without spaces", source: "k:f/pid==1/{@++}", want: "(probe [kprobe|f] (if (== #pid 1)) {(@ ++)})" },
  {
    name: "division in a filter",
    source: "k:f /arg0 / 2 > 4/ {}",
    want: "(probe [kprobe|f] (if (> (/ #arg0 2) 4)) {})",
  },
  {
    name: "division in a filter after which a comment comes",
    source: "k:f /arg0 / 2/ /* why */ {}",
    want: "(probe [kprobe|f] (if (/ #arg0 2)) {})",
  },
  {
    name: "list with aliases and line breaks",
    source: "t:a:b,\n kr:g, f:h , fr:h { }",
    want: "(probe [tracepoint|a|b kretprobe|g fentry|h fexit|h] {})",
  },
  {
    name: "path with slashes, then a filter",
    source: "u:/usr/bin/x:main /1/ {}",
    want: "(probe [uprobe|/usr/bin/x|main] (if 1) {})",
  },
  { name: "path in quotes", source: 'u:"/a b/c":f {}', want: "(probe [uprobe|/a b/c|f] {})" },
  { name: "wildcards", source: "kprobe:tcp_*,kprobe:[ab]?c {}", want: "(probe [kprobe|tcp_* kprobe|[ab]?c] {})" },
  { name: "offset and parameter", source: "k:f+0x10, i:s:$1 {}", want: "(probe [kprobe|f+0x10 interval|s|$1] {})" },
  {
    name: "durations",
    source: "i:1s { $x = 5ms + 2us + 1h + 3ns }",
    want: "(probe [interval|1s] {(= $x (+ (+ (+ 5000000 2000) 3600000000000) 3))})",
  },
  {
    name: "numbers",
    source: "BEGIN { $x = (0x1F, 017, 1e6, 1_000, 10ul, 18446744073709551615) }",
    want: "(probe [begin] {(= $x (tuple 31 15 1000000 1000 10 18446744073709551615))})",
  },
  {
    name: "strings",
    source: String.raw`BEGIN { $x = "a\n\t\"\\\x41\101" "b" }`,
    want: String.raw`(probe [begin] {(= $x "a\n\t\"\\AAb")})`,
  },
  {
    name: "escaped bytes of one character",
    source: String.raw`BEGIN { $x = "\xe2\x82\xac" }`,
    want: '(probe [begin] {(= $x "€")})',
  },
  {
    name: "maps",
    source: "BEGIN { @x[pid, comm] = 1; @[1]++; --@y; @x[(1, 2)] += 3; }",
    want: "(probe [begin] {(= @x[#pid #comm] 1) (@[1] ++) (-- @y) (+= @x[1 2] 3)})",
  },
  {
    name: "members",
    source: "BEGIN { $x = args.a->b.c[1]; $y = args->d; $z = $t.0.1 }",
    want: "(probe [begin] {(= $x ([] (. (-> (. #args a) b) c) 1)) (= $y (-> #args d)) (= $z (. (. $t 0) 1))})",
  },
  {
    name: "casts",
    source: "BEGIN { $x = (uint64)1 + (struct task_struct *)curtask; $y = (pid_t)$x; $z = (pid) + 1; $w = (foo *)$x; }",
    want: "(probe [begin] {(= $x (+ (cast <uint64> 1) (cast <struct task_struct*> #curtask))) (= $y (cast <pid_t> $x)) (= $z (+ #pid 1)) (= $w (cast <foo*> $x))})",
  },
  {
    name: "a cast binds tighter than a member's operator",
    source: "BEGIN { $x = ((struct a *)arg0)->b; $y = (struct a *)arg0->b }",
    want: "(probe [begin] {(= $x (-> (cast <struct a*> #arg0) b)) (= $y (cast <struct a*> (-> #arg0 b)))})",
  },
  {
    name: "ternaries",
    source: "BEGIN { $x = 1 ? 2 : 3 ? 4 : 5; $y = $x ?: 1 }",
    want: "(probe [begin] {(= $x (?: 1 2 (?: 3 4 5))) (= $y (?: $x 1))})",
  },
  {
    name: "unary",
    source: "BEGIN { $x = -1; $y = !~$x; $z = *$x - -$y }",
    want: "(probe [begin] {(= $x (- 1)) (= $y (! (~ $x))) (= $z (- (* $x) (- $y)))})",
  },
  {
    name: "if, else if, else",
    source: "BEGIN { if (1) { } else if 2 { } else { exit() } }",
    want: "(probe [begin] {(if 1 {} (if 2 {} {(exit)}))})",
  },
  {
    name: "loops",
    source: "BEGIN { unroll(3) { } while ($i < 2) { break; continue } for ($i : 0..10) { } for $kv : @m { return } }",
    want: "(probe [begin] {(unroll 3 {}) (while (< $i 2) {(break) (continue)}) (for $i 0 10 {}) (for $kv @m {(return)})})",
  },
  {
    name: "let",
    source: "BEGIN { let $x; let $y: uint8 = 1; let $z = 2; }",
    want: "(probe [begin] {(let $x) (let $y:<uint8> 1) (let $z 2)})",
  },
  {
    name: "discard and empty statements",
    source: "BEGIN { ; _ = delete(@x, 1);; }",
    want: "(probe [begin] {(delete @x 1)})",
  },
  {
    name: "sizeof and offsetof",
    source: "BEGIN { $x = sizeof(struct a) + sizeof($y) + offsetof(struct a, b.c) }",
    want: "(probe [begin] {(= $x (+ (+ (sizeof <struct a>) (sizeof $y)) (offsetof <struct a> b.c)))})",
  },
  {
    name: "a builtin with empty parentheses",
    source: "BEGIN { $x = pid(); $y = kstack(perf, 3) }",
    want: "(probe [begin] {(= $x #pid) (= $y (kstack perf 3))})",
  },
  {
    name: "positional parameters",
    source: "BEGIN { print(($1, $#)) }",
    want: "(probe [begin] {(print (tuple $1 $#))})",
  },
  { name: "comments", source: "// one\n/* two\n */ BEGIN /* three */ { // four\n}", want: "(probe [begin] {})" },
  {
    name: "interpreter line, preamble",
    source:
      "#!/usr/bin/env sonde\n#define N 5\nstruct a { int b; };\nconfig = { max_strlen=64; stack_mode=perf }\nlet @m = lruhash(10);\nEND { }",
    want: '(c "#define N 5")\n(c "struct a { int b; };")\n(config max_strlen 64)\n(config stack_mode perf)\n(map @m lruhash 10)\n(probe [end] {})',
  },
  {
    name: "headers that BTF stands for",
    source: "#ifndef BPFTRACE_HAVE_BTF\n#include <a.h>\n#else\n#define A 1\n#endif\nBEGIN { }",
    want: '(c "#define A 1")\n(probe [begin] {})',
  },
];

for (const { name, source, want } of cases) {
  test(`parse: ${name}`, () => {
    const { script, diagnostics } = parse(source);
    assert.deepEqual(diagnostics, []);
    assert.equal(printScript(script), want);
  });
}

test("spans are those of the text", () => {
  const source = "BEGIN { @x[1] = $a + foo(2); }";
  const statement = parse(source).script.probes[0]?.body.body[0];
  assert.equal(statement?.kind, "assignMap");
  assert.equal(source.slice(statement.span.start, statement.span.end), "@x[1] = $a + foo(2)");
  assert.equal(source.slice(statement.target.span.start, statement.target.span.end), "@x[1]");
  assert.equal(source.slice(statement.value.span.start, statement.value.span.end), "$a + foo(2)");
});

test("binary operators group as in C, whose precedence JavaScript shares", () => {
  const operators = ["+", "-", "*", "/", "%", "|", "&", "^", "<<", ">>", "<", "<=", ">", ">=", "==", "!=", "&&", "||"];
  let seed = 7;
  const random = (below: number): number => (
    (seed = (seed * 1103515245 + 12345) % 2147483648),
    Math.floor(seed / 65536) % below
  );
  for (let round = 0; round < 500; round++) {
    let text = String(random(9) + 1);
    for (let i = random(8) + 1; i > 0; i--) text += ` ${operators[random(operators.length)]} ${random(4) + 1}`;
    const statement = parse(`BEGIN { $x = ${text} }`).script.probes[0]?.body.body[0];
    assert.equal(statement?.kind, "assign");
    assert.equal(evaluate(printExpr(statement.value)), Number(runInThisContext(text)), text);
  }
});

/** The value of a printed expression whose operators are JavaScript's. */
function evaluate(printed: string): number {
  const tokens = printed.replace(/[()]/g, " $& ").trim().split(/\s+/);
  const next = (): number => {
    const token = tokens.shift();
    if (token !== "(") return Number(token);
    const op = tokens.shift();
    const [a, b] = [next(), next()];
    tokens.shift();
    // One operation at a time needs no precedence.
    return Number(runInThisContext(`(${a}) ${op} (${b})`));
  };
  return next();
}

test("never throws and always ends, whatever the text", () => {
  const seeds = cases.map(({ source }) => source);
  const fragments = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "/",
    '"',
    "@",
    "$",
    "//",
    "/*",
    "#if",
    "struct",
    "let",
    "config",
    "if",
    "else",
    ":",
    ",",
    ";",
    "->",
    "..",
    "0x",
    "1e",
    "'",
    "\\",
    "\0",
    "\u{1F600}",
    "\ud800",
  ];
  let seed = 42;
  const random = (below: number): number => (
    (seed = (seed * 1103515245 + 12345) % 2147483648),
    Math.floor(seed / 65536) % below
  );
  for (let round = 0; round < 3000; round++) {
    let text = seeds[random(seeds.length)] ?? "";
    for (let i = random(4) + 1; i > 0; i--) {
      const at = random(text.length + 1);
      const fragment = random(3) === 0 ? "" : (fragments[random(fragments.length)] ?? "");
      text = text.slice(0, at) + fragment + text.slice(at + random(5));
    }
    const { diagnostics } = parse(text);
    for (const { span } of diagnostics)
      assert.ok(span.start >= 0 && span.start <= span.end && span.end <= text.length, JSON.stringify(text));
  }
});

test("nesting and length are bounded", () => {
  const codes = (source: string): readonly string[] => parse(source).diagnostics.map(({ code }) => code);
  assert.deepEqual(codes(`BEGIN { $x = ${"(".repeat(5000)}1${")".repeat(5000)} }`), ["SND1105"]);
  assert.deepEqual(codes(`BEGIN { $x = ${"!".repeat(5000)}1 }`), ["SND1105"]);
  assert.ok(codes(`BEGIN { ${"if (1) { ".repeat(1000)}`).includes("SND1105"));
  assert.deepEqual(codes(`BEGIN { $x = 1${" + 1".repeat(5000)} }`), ["SND1113"]);
  assert.deepEqual(codes(`BEGIN { ${" ".repeat(1 << 20)} }`), ["SND1106"]);
  assert.deepEqual(codes(`BEGIN { $x = 1${" + 1".repeat(900)} }`), []);
});

test("several errors are found in one run, but no more than ten", () => {
  const { diagnostics } = parse("BEGIN { $x = ; } k:f { @x[ = 1; print(1); } zz:f { } END { 1 2 }");
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ["SND1101", "SND1101", "SND1111", "SND1101"],
  );
  assert.equal(parse(`BEGIN { ${"$x = ; ".repeat(50)} }`).diagnostics.length, 10);
});
