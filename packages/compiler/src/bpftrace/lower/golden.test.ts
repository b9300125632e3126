/**
 * What scripts are lowered to: maps, events, and the intermediate form before any pass. Each file of
 * testdata/lower holds a script and, below a line of dashes, what it becomes. After a change that is
 * meant, write them anew with UPDATE_GOLDEN=1 and read the difference.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { compileScript } from "../../compile.ts";
import { render } from "../../diagnostics/index.ts";
import { print } from "../../ir/index.ts";
import { fixtureTarget } from "../testing/target.ts";

const FOLDER = new URL("../../../src/testdata/lower/", import.meta.url);
const RULE = "\n---\n";

function lowered(text: string): string {
  /** Of each program: its function, then those that are called back. */
  const functions: string[][] = [];
  const source = { name: "-e", text };
  const { spec, diagnostics } = compileScript(source, fixtureTarget(), {
    dump: (func, stage) => {
      if (stage !== "built") return;
      if (func.kind === "main") functions.push([]);
      functions.at(-1)?.push(print(func));
    },
  });
  if (spec === undefined)
    return diagnostics.map((diagnostic) => render(diagnostic, source, { color: false })).join("\n");
  const maps = spec.maps.map(
    (map) =>
      `map ${map.name}: ${map.type}, key ${map.keySize}, value ${map.valueSize}, ${map.maxEntries} entries, flags ${map.flags}`,
  );
  const views = spec.manifest.maps.map(
    (view) => `view ${view.name}: ${JSON.stringify({ keys: view.keys, value: view.value })}`,
  );
  const events = spec.manifest.events.map(
    (event) =>
      `event ${event.id}: ${event.size} bytes, ${JSON.stringify(event.action)}, ${JSON.stringify(event.fields)}`,
  );
  const programs = spec.programs.map(
    (program, index) =>
      `program ${program.name}: ${program.type}, ${JSON.stringify(program.attach)}\n${functions[index]?.join("\n")}`,
  );
  return [...maps, ...views, ...events, ...programs].join("\n");
}

for (const file of readdirSync(FOLDER).sort()) {
  test(`lowering: ${file}`, () => {
    const content = readFileSync(new URL(file, FOLDER), "utf8");
    const [script = "", want] = content.split(RULE);
    const have = `${lowered(script).trimEnd()}\n`;
    if (process.env["UPDATE_GOLDEN"] === undefined) assert.equal(have, want);
    else writeFileSync(new URL(file, FOLDER), `${script}${RULE}${have}`);
  });
}

test("the same script gives the same bytes", () => {
  const compile = (): unknown =>
    compileScript(
      { name: "-e", text: "fentry:vfs_read { @[args.file->f_inode->i_ino, comm] = count(); }" },
      fixtureTarget(),
    ).spec;
  assert.deepEqual(compile(), compile());
});
