/** The reference of the subset: every monitor in it is built as it is written there. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { buildMonitor, buildTarget } from "@sonde/builder";
import { writeObject } from "@sonde/bpf/elf";
import { render } from "@sonde/compiler/diagnostics";

const text = readFileSync(new URL("../../../docs/typescript.md", import.meta.url), "utf8");
const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);

test("docs/typescript.md holds what can be built", async (t) => {
  assert.ok(blocks.length >= 6, "its examples were found");
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-reference-"));
  for (const [index, code] of blocks.entries())
    await t.test(/monitor\("(\w+)"/.exec(code)?.[1] ?? `block ${index}`, async () => {
      const file = path.join(folder, "example.ts");
      writeFileSync(file, code);
      const { spec, diagnostics, source } = await buildMonitor(file, buildTarget());
      assert.ok(spec !== undefined, diagnostics.map((each) => render(each, source)).join(""));
      // The same source gives the same bytes.
      const again = await buildMonitor(file, buildTarget());
      assert.deepEqual(writeObject(again.spec!), writeObject(spec));
    });
  rmSync(folder, { recursive: true });
});
