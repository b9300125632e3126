// Every script in docs/language.md and docs/language/*.md runs and prints what its page says; every
// script that is shown to be wrong is refused in the words that the page gives.
//
//     ```bt                        a script that ends by itself, then ```text with what it prints
//     ```bt run="dd if=/dev/zero"  the same with a command that it watches, as -c does
//     ```bt args="--size=5 x"      the same with parameters for the script
//     ```bt flags="--unsafe"      the same with options of sonde trace
//     ```bt refused                a script that has a mistake, then ```text with what is said about it
//     ```bt file=NAME              a file that other scripts of the page import
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { childEnvironment, root } from "../../tools/lib/environment.js";
import { temporaryFolder } from "../support/folder.js";
import { blocksOf } from "./blocks.js";
import { difference } from "./compare.js";

const SECONDS = 60;
const sonde = path.join(root, "bin/sonde");

/** Paths from the root. */
function pages() {
  const parts = readdirSync(path.join(root, "docs/language")).filter((name) => name.endsWith(".md"));
  return ["docs/language.md", ...parts.sort().map((name) => `docs/language/${name}`)];
}

/**
 * @param {readonly string[]} words @param {string} cwd
 * @returns {Promise<{ status: number | null, stdout: string, stderr: string }>}
 */
function run(words, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(sonde, words, { cwd, env: childEnvironment(), timeout: SECONDS * 1000, killSignal: "SIGKILL" });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
}

for (const page of pages()) {
  describe(page, () => {
    const folder = temporaryFolder();
    const blocks = blocksOf(readFileSync(path.join(root, page), "utf8"), page);
    for (const block of blocks) {
      const file = block.options["file"];
      if ((block.language !== "bt" && block.language !== "c") || file === undefined) continue;
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), block.text);
    }
    for (const [index, { language, options, text, place }] of blocks.entries()) {
      if (language !== "bt" || options["file"] !== undefined) continue;
      const output = blocks[index + 1];
      test(place, async () => {
        assert.equal(output?.language, "text", `${place} is not followed by what it prints`);
        const script = path.join(folder, "script.bt");
        writeFileSync(script, text);
        const command = options["run"] === undefined ? [] : ["-c", options["run"]];
        const flags = options["flags"] === undefined ? [] : options["flags"].split(" ");
        const parameters = options["args"] === undefined ? [] : options["args"].split(" ");
        const { status, stdout, stderr } = await run(
          ["trace", ...flags, ...command, "script.bt", ...parameters],
          folder,
        );
        const refused = options["refused"] !== undefined;
        // Blank lines around the whole and spaces at the ends of lines are nothing that a page can show.
        const said = (refused ? stderr : stdout).replaceAll(/ +$/gm, "").trim();
        const wrong = difference(output.text.trim(), said);
        assert.equal(wrong, undefined, `${place}: ${wrong}\n${stderr}`);
        assert.equal(status, refused ? 1 : 0, `${place}: ${stderr}`);
      });
    }
  });
}
