// Every option that docs/coming-from-bcc.md tells a user of BCC to write is one that the monitor takes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { root } from "../../tools/lib/environment.js";
import { runSonde } from "../support/sonde.js";

const page = readFileSync(path.join(root, "docs/coming-from-bcc.md"), "utf8");
/** @type {Map<string, Set<string>>} */
const promised = new Map();
for (const [, tool = "", , here = ""] of page.matchAll(/^\| ([a-z]+) \|([^|]*)\|([^|]*)\|$/gm)) {
  if (tool === "tool") continue; // the table's head
  const options = [...here.matchAll(/`(--?[A-Za-z0-9-]+)/g)].map(([, option = ""]) => option);
  promised.set(tool, new Set([...(promised.get(tool) ?? []), ...options]));
}

for (const [tool, options] of promised)
  test(`sonde run ${tool} takes what is promised`, async () => {
    const { status, stdout, stderr } = await runSonde(["run", tool, "--help"]);
    assert.equal(status, 0, stderr);
    for (const option of options) {
      const written = option.startsWith("--") ? new RegExp(`${option}\\b`) : new RegExp(`^ *${option}, `, "m");
      assert.match(stdout, written);
    }
  });

test("the page speaks of every tool that BCC has and Sonde has", () => {
  assert.ok(promised.size >= 13, [...promised.keys()].join(", "));
});
