import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArgs } from "node:util";
import { array, assert as hold, constantFrom, property } from "fast-check";
import { parseArguments } from "./arguments.ts";
import { type Command, UsageError } from "./command.ts";

const command = (stopAtFirstWord: boolean): Command => ({
  name: "trace",
  summary: "",
  usage: [],
  stopAtFirstWord,
  options: [
    { name: "execute", short: "e", value: "PROGRAM", help: "" },
    { name: "format", short: "f", value: "FORMAT", choices: ["text", "json"], help: "" },
    { name: "quiet", short: "q", help: "" },
    { name: "verbose", short: "v", help: "" },
  ],
  examples: [],
  load: () => Promise.reject(new Error("not to be run")),
});

interface Case {
  readonly argv: readonly string[];
  readonly stop?: boolean;
  readonly values?: Readonly<Record<string, readonly string[]>>;
  readonly words?: readonly string[];
  readonly error?: RegExp;
}

const cases: readonly Case[] = [
  { argv: ["-e", "a", "--execute=b", "-ec", "x"], values: { execute: ["a", "b", "c"] }, words: ["x"] },
  { argv: ["--execute="], values: { execute: [""] } },
  { argv: ["-qv", "-qfjson"], values: { quiet: ["", ""], verbose: [""], format: ["json"] } },
  { argv: ["x", "-q", "y"], values: { quiet: [""] }, words: ["x", "y"] },
  { argv: ["x", "-q", "y"], stop: true, words: ["x", "-q", "y"] },
  { argv: ["-q", "--", "-v", "--", "x"], values: { quiet: [""] }, words: ["-v", "--", "x"] },
  { argv: ["-", "-q"], stop: true, words: ["-", "-q"] },
  { argv: ["-e", "-"], values: { execute: ["-"] } },
  { argv: ["--wrong"], error: /no option '--wrong'/ },
  { argv: ["-qx"], error: /no option '-x'/ },
  { argv: ["--quiet=yes"], error: /'--quiet' is a switch/ },
  { argv: ["--execute"], error: /--execute takes a PROGRAM$/ },
  { argv: ["-e", "-q"], error: /--execute takes a PROGRAM, not '-q' \(write --execute=-q/ },
  { argv: ["-f", "yaml"], error: /--format takes text, json, not 'yaml'/ },
];

for (const { argv, stop = false, values = {}, words = [], error } of cases) {
  test(`${argv.join(" ")}${stop ? ", for a script" : ""}`, () => {
    if (error !== undefined) {
      assert.throws(
        () => parseArguments(command(stop), argv),
        (thrown) => thrown instanceof UsageError && error.test(thrown.message),
      );
      return;
    }
    const parsed = parseArguments(command(stop), argv);
    for (const { name } of command(stop).options) {
      assert.deepEqual(parsed.values(name), values[name] ?? []);
      assert.equal(parsed.flag(name), values[name] !== undefined);
      assert.equal(parsed.value(name), values[name]?.at(-1));
    }
    assert.deepEqual(parsed.words, words);
  });
}

test("what Node.js reads is read alike, and what it refuses is refused", () => {
  const word = constantFrom(
    "-e",
    "-q",
    "-qv",
    "-vf",
    "text",
    "-fjson",
    "--format",
    "--format=json",
    "--quiet",
    "--execute",
    "--execute=x=y",
    "--quiet=1",
    "--",
    "-",
    "-x",
    "a",
    "",
    "--no",
    "-eq",
  );
  const options = {
    execute: { type: "string", short: "e", multiple: true },
    format: { type: "string", short: "f", multiple: true },
    quiet: { type: "boolean", short: "q", multiple: true },
    verbose: { type: "boolean", short: "v", multiple: true },
    help: { type: "boolean", short: "h", multiple: true },
  } as const;
  hold(
    property(array(word, { maxLength: 6 }), (args) => {
      let want;
      try {
        want = parseArgs({ args, options, allowPositionals: true });
      } catch {
        assert.throws(() => parseArguments(command(false), args), UsageError);
        return;
      }
      const formats = want.values.format ?? [];
      if (!formats.every((format) => format === "text" || format === "json")) return;
      const have = parseArguments(command(false), args);
      assert.deepEqual(have.words, want.positionals);
      assert.deepEqual(have.values("execute"), want.values.execute ?? []);
      assert.deepEqual(have.values("format"), formats);
      assert.deepEqual(
        [have.values("quiet").length, have.values("verbose").length],
        [want.values.quiet?.length ?? 0, want.values.verbose?.length ?? 0],
      );
    }),
  );
});
