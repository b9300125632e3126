import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import type { Value } from "../decode/value.ts";
import { escapeTerminal, jsonString } from "./escape.ts";
import { compilePrintf } from "./printf.ts";
import { strftime } from "./strftime.ts";

const show = (value: Value): string => `<${typeof value === "object" ? "object" : String(value)}>`;

function format(text: string, ...args: Value[]): string {
  return compilePrintf(text)(args, escapeTerminal, show);
}

test("numbers are formatted as the C library's printf does", () => {
  const directives = [
    "%d",
    "%5d",
    "%-5d|",
    "%05d",
    "%+d",
    "% d",
    "%.3d",
    "%8.3d",
    "%-8.3d|",
    "%u",
    "%x",
    "%X",
    "%#x",
    "%#o",
    "%o",
    "%08x",
    "%#010x",
    "%i",
    "%+05d",
  ];
  const numbers = [0, 1, 42, -3, 255, 65535, -2147483648, 4294967301];
  const cases = directives.flatMap((directive) => numbers.map((number) => ({ directive, number })));
  // printf(1) hands its formats to the C library, with 64-bit integers.
  const args = cases.map(({ number }) => String(number));
  const want = execFileSync("printf", [cases.map(({ directive }) => `${directive}\\n`).join(""), ...args], {
    encoding: "utf8",
  });
  const got = cases.map(({ directive, number }) => `${format(directive, number)}\n`).join("");
  assert.equal(got, want);
});

test("printf's other conversions", () => {
  const cases: readonly { name: string; format: string; args: readonly Value[]; want: string }[] = [
    { name: "sizes wrap", format: "%hhx %hd %hhd %hu", args: [0x1234, 70000, 200, -1], want: "34 4464 -56 65535" },
    {
      name: "long ones do not",
      format: "%lld %lu %zu",
      args: [2n ** 62n, 2n ** 64n - 1n, 7],
      want: "4611686018427387904 18446744073709551615 7",
    },
    { name: "unsigned of negative", format: "%x %u", args: [-1, -1], want: "ffffffffffffffff 18446744073709551615" },
    { name: "strings", format: "%s|%5s|%-5s|%.2s", args: ["ab", "ab", "ab", "abc"], want: "ab|   ab|ab   |ab" },
    { name: "characters", format: "%c%c", args: [65, 0x141], want: "AA" },
    {
      name: "pointers",
      format: "%p",
      args: [{ kind: "pointer", address: 0xffff800000000000n }],
      want: "0xffff800000000000",
    },
    { name: "percent", format: "100%% %d%%", args: [5], want: "100% 5%" },
    {
      name: "buffers",
      format: "%r %rx %rh",
      args: [Uint8Array.of(97, 1), Uint8Array.of(97, 1), Uint8Array.of(97, 1)],
      want: "a\\x01 \\x61\\x01 61 01",
    },
    { name: "enumerators", format: "%d", args: [{ kind: "enum", value: 3, name: "C" }], want: "3" },
    { name: "booleans", format: "%d %s", args: [true, true], want: "1 <true>" },
    { name: "fewer arguments than directives", format: "%d %d", args: [1], want: "1 " },
    { name: "unknown directives are text", format: "%y %d", args: [1], want: "%y 1" },
    {
      name: "the format's own control characters pass",
      format: "\x1b[1m%s\x1b[0m",
      args: ["\x1b[2J"],
      want: "\x1b[1m\\x1b[2J\x1b[0m",
    },
  ];
  for (const { name, format: text, args, want } of cases) assert.equal(format(text, ...args), want, name);
});

test("no control character of data reaches a terminal", () => {
  for (let code = 0; code < 0xa0; code++) {
    const safe = escapeTerminal(`a${String.fromCharCode(code)}b`);
    // oxlint-disable-next-line no-control-regex -- control characters are what this is about
    assert.doesNotMatch(safe, /[\0-\x08\x0b-\x1f\x7f-\x9f]/);
  }
  assert.equal(escapeTerminal("tab\tnewline\n"), "tab\tnewline\n");
  assert.equal(escapeTerminal("\udcff \u{1f600} \u00e9"), "\\xff \u{1f600} \u00e9");
});

test("JSON strings survive a round trip, except bytes that are not UTF-8", () => {
  for (const text of ['"\\\n\t\x01\x7f', "\u00e9\u{1f600}", ""]) assert.equal(JSON.parse(jsonString(text)), text);
  assert.equal(JSON.parse(jsonString("a\udcffb")), "a\ufffdb");
  assert.ok(Buffer.from(jsonString("\udcff")).equals(Buffer.from('"\ufffd"')));
});

test("strftime agrees with date(1)", () => {
  const letters = "HIklMSpYCymdejuwUWAaBbzZFTDRr%"
    .split("")
    .map((letter) => `%${letter}`)
    .join(" ");
  for (const seconds of [0, 951782400, 1700000000, 1735689599]) {
    const want = execFileSync("date", ["-d", `@${seconds}`, `+${letters}`], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C" },
    });
    assert.equal(`${strftime(letters, new Date(seconds * 1000))}\n`, want);
  }
  assert.equal(strftime("%f %q", new Date(1234)), "234000 %q");
});
