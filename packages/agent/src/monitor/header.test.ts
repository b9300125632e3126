import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { MonitorHeaderError, readHeader } from "./header.ts";

const head = (yaml: string): string =>
  `/*\n * ---\n${yaml
    .split("\n")
    .map((line) => ` * ${line}\n`)
    .join("")} * ---\n */\nBEGIN { }\n`;
const GOOD = 'help: h\nmetrics:\n  - map: "@a"\n    name: a_calls\n    help: Calls';

test("a header is read", () => {
  const definition = readHeader(
    "m.bt",
    head(`${GOOD}\n    labels: [comm, { name: dev, decode: device }]\n    buckets: { min: 1, max: 8 }`),
  );
  assert.equal(definition.help, "h");
  assert.equal(definition.enabled, true);
  assert.equal(definition.metrics[0]!.labels.length, 2);
});

test("every monitor that comes with Sonde has a sound header", () => {
  const directory = new URL("../../../../monitors/", import.meta.url);
  const files = readdirSync(directory).filter((name) => name.endsWith(".bt"));
  assert.ok(files.length >= 5);
  for (const file of files)
    assert.ok(readHeader(file, readFileSync(new URL(file, directory), "utf8")).metrics.length > 0);
});

const WRONG: readonly (readonly [name: string, source: string, line: number, message: RegExp])[] = [
  ["no comment", "BEGIN { }", 1, /starts with a comment/],
  ["no dashes", "/* hello */ BEGIN { }", 1, /between two lines of ---/],
  ["no YAML", head("help: [a"), 3, /Flow sequence/],
  ["no metrics", head("help: h"), 3, /metrics/],
  ["an empty list", head("help: h\nmetrics: []"), 4, /name at least one metric/],
  ["an unknown key", head(`${GOOD}\n    labelz: []`), 8, /labelz/],
  ["a wrong metric name", head(GOOD.replace("a_calls", "a-calls")), 6, /metrics\[0\]\.name: a metric's name/],
  ["a reserved label", head(`${GOOD}\n    labels: [le]`), 8, /reserved/],
  ["a wrong map", head(GOOD.replace("@a", "a")), 5, /a map as the script names it/],
];
for (const [name, source, line, message] of WRONG) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => readHeader("m.bt", source),
      (error: unknown) => {
        assert.ok(error instanceof MonitorHeaderError);
        assert.match(error.message, message);
        assert.equal(error.line, line, error.message);
        return true;
      },
    );
  });
}
