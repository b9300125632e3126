/**
 * What the passes make of scripts: each file of testdata/passes holds a script and, below a line of
 * dashes, the intermediate form as lowered and after each pass that changed it, then the instructions.
 * After a change that is meant, write them anew with UPDATE_GOLDEN=1 and read the difference.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { disassemble } from "@sonde/bpf/asm";
import { fixtureTarget } from "../bpftrace/testing/target.ts";
import { compileScript } from "../compile.ts";
import { render } from "../diagnostics/index.ts";
import { print } from "../ir/index.ts";

const FOLDER = new URL("../../src/testdata/passes/", import.meta.url);
const RULE = "\n---\n";

function compiled(text: string): string {
  const stages: string[] = [];
  const source = { name: "-e", text };
  let before = "";
  const { spec, diagnostics } = compileScript(source, fixtureTarget(), {
    dump: (func, stage) => {
      const now = print(func);
      if (now !== before || stage === "built") stages.push(`after ${stage}:\n${now}`);
      before = now;
    },
  });
  if (spec === undefined)
    return diagnostics.map((diagnostic) => render(diagnostic, source, { color: false })).join("\n");
  const instructions = spec.programs.map((program) => disassemble(program.instructions));
  return [...stages, "instructions:", ...instructions].join("\n");
}

for (const file of readdirSync(FOLDER).sort()) {
  test(`passes: ${file}`, () => {
    const content = readFileSync(new URL(file, FOLDER), "utf8");
    const [script = "", want] = content.split(RULE);
    const have = `${compiled(script).trimEnd()}\n`;
    if (process.env["UPDATE_GOLDEN"] === undefined) assert.equal(have, want);
    else writeFileSync(new URL(file, FOLDER), `${script}${RULE}${have}`);
  });
}
