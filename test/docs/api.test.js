// Every command in docs/api.md is run against an agent, and prints what the page says.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { childEnvironment, root } from "../../tools/lib/environment.js";
import { scratch } from "../support/prometheus.js";
import { startAgent } from "../support/services.js";
import { blocksOf } from "./blocks.js";
import { difference } from "./compare.js";

const page = "docs/api.md";
const blocks = blocksOf(readFileSync(path.join(root, page), "utf8"), page);
const run = promisify(execFile);

test(`the commands of ${page}`, async (t) => {
  const directory = scratch(t);
  for (const name of ["runqlat.bt", "syscalls.bt"])
    copyFileSync(path.join(root, "monitors", name), path.join(directory, name));
  for (const { language, name, text } of blocks) if (language === "bt") writeFileSync(path.join(directory, name), text);
  const agent = await startAgent(t, directory);
  await run("true");
  const commands = blocks.flatMap((block, i) => (block.language === "sh" ? [{ ...block, output: blocks[i + 1] }] : []));
  assert.ok(commands.length > 5);
  for (const { text, place, output } of commands) {
    await t.test(text.trim(), async () => {
      assert.equal(output?.language, "text", `${place} is not followed by what it prints`);
      const words = ["-c", text.replaceAll("http://127.0.0.1:9435", agent.url)];
      const { stdout } = await run("sh", words, { env: childEnvironment(), timeout: 30_000 });
      const wrong = difference(output?.text ?? "", stdout);
      assert.equal(wrong, undefined, `${place}: ${wrong}`);
    });
  }
});
