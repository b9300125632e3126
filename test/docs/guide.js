// Pages that lead through something step by step, in one folder:
//
//     ```ts NAME.ts       a file that the reader writes; of any language
//     ```sh               commands; then maybe ```text with what they print
//     ```sh service       a command that goes on until the page is done, ready when it answers at URL (service="URL")
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { childEnvironment, root } from "../../tools/lib/environment.js";
import { scratch } from "../support/prometheus.js";
import { blocksOf } from "./blocks.js";
import { difference } from "./compare.js";

const SECONDS = 60;

/**
 * Does all that a page says.
 * @param {import("node:test").TestContext} context
 * @param {string} page path from the root
 * @param {Readonly<Record<string, string>>} [instead] texts that a test cannot use as they stand, such as ports
 */
export async function follow(context, page, instead = {}) {
  const folder = scratch(context);
  const inherited = childEnvironment();
  const environment = { ...inherited, SONDE: root, PATH: `${path.join(root, "bin")}:${inherited["PATH"]}` };
  /** @param {string} text */
  const own = (text) => Object.entries(instead).reduce((all, [from, to]) => all.replaceAll(from, to), text);
  const blocks = blocksOf(own(readFileSync(path.join(root, page), "utf8")), page);
  for (const [index, { language, name, options, text, place }] of blocks.entries()) {
    if (language !== "sh" && language !== "text") writeFileSync(path.join(folder, name), text);
    if (language !== "sh") continue;
    const words = ["-c", text];
    await context.test(`${place}: ${text.split("\n")[0]}`, async () => {
      const url = options["service"];
      if (url !== undefined) return await service(context, words, { cwd: folder, env: environment }, url);
      const { stdout, failed } = await run(words, { cwd: folder, env: environment });
      const output = blocks[index + 1];
      assert.equal(failed, undefined, `${place}: ${failed}`);
      if (output?.language !== "text") return;
      const wrong = difference(output.text, stdout.replaceAll(/ +$/gm, ""));
      assert.equal(wrong, undefined, `${place}: ${wrong}`);
    });
  }
}

/**
 * @param {readonly string[]} words @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<{ stdout: string, failed: string | undefined }>} what it printed to both outputs
 */
function run(words, options) {
  return new Promise((resolve) => {
    execFile("bash", ["-euc", `exec 2>&1\n${words[1]}`], { ...options, timeout: SECONDS * 1000 }, (error, stdout) =>
      resolve({ stdout, failed: error === null ? undefined : `${error.message}\n${stdout}` }),
    );
  });
}

/**
 * @param {import("node:test").TestContext} context
 * @param {readonly string[]} words @param {{ cwd: string, env: NodeJS.ProcessEnv }} options @param {string} url
 */
async function service(context, words, options, url) {
  const child = spawn("bash", ["-euc", `exec ${words[1]}`], { ...options, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  const closed = new Promise((resolve) => child.once("close", resolve));
  context.after(async () => {
    child.kill("SIGTERM");
    await closed;
  });
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    if (child.exitCode !== null) break;
    await sleep(100);
  }
  throw new Error(`${url} does not answer:\n${said}`);
}
