// Makes the programs of the documentation ready to run, in test/docs/.built: guests get them from there.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { childEnvironment, root } from "../../tools/lib/environment.js";
import { blocksOf, examplesOf } from "./blocks.js";

export const built = path.join(root, "test/docs/.built");

/** @typedef {import("./blocks.js").Example} Example */

/**
 * Extracts, compiles C by clang and TypeScript by tsc.
 * @returns {{ examples: Example[], problems: Map<string, string> }} what tsc says, by example; clang's errors are thrown
 */
export function buildExamples() {
  rmSync(built, { recursive: true, force: true });
  mkdirSync(built, { recursive: true });
  const blocks = pages().flatMap((page) => blocksOf(readFileSync(path.join(root, page), "utf8"), page));
  const { objects, examples } = examplesOf(blocks);
  for (const [name, text] of objects) compileObject(name, text);
  for (const { name, source } of examples) writeFileSync(path.join(built, `${name}.ts`), source, { flag: "wx" });
  return { examples, problems: typecheck(examples) };
}

/** Paths from the root. */
function pages() {
  const parts = readdirSync(path.join(root, "docs/library")).filter((name) => name.endsWith(".md"));
  return ["docs/library.md", ...parts.sort().map((name) => `docs/library/${name}`)];
}

/** As the page says to. @param {string} name @param {string} text */
function compileObject(name, text) {
  writeFileSync(path.join(built, name), text, { flag: "wx" });
  const [architecture, headers] = process.arch === "arm64" ? ["arm64", "aarch64"] : ["x86", "x86_64"];
  const machine = [`-D__TARGET_ARCH_${architecture}`, `-I/usr/include/${headers}-linux-gnu`];
  const strict = ["-mcpu=v3", "-Wall", "-Werror"];
  const words = ["-O2", "-g", "-target", "bpf", ...machine, ...strict, "-c", name, "-o", name.replace(/c$/, "o")];
  const { status, stderr, error } = spawnSync("clang-16", words, { cwd: built, encoding: "utf8" });
  if (status !== 0) throw new Error(`clang-16 refuses ${name}:\n${error?.message ?? stderr}`);
}

/** @param {readonly Example[]} examples @returns {Map<string, string>} */
function typecheck(examples) {
  const tsc = path.join(root, "node_modules/.bin/tsc");
  const words = ["-p", path.join(root, "test/docs/tsconfig.json"), "--pretty", "false"];
  const { status, stdout } = spawnSync(tsc, words, { cwd: built, encoding: "utf8", env: childEnvironment() });
  /** @type {Map<string, string>} */
  const problems = new Map();
  for (const line of status === 0 ? [] : stdout.split("\n")) {
    const example = examples.find(({ name }) => line.startsWith(`${name}.ts(`));
    const name = example?.name ?? "";
    if (line !== "") problems.set(name, `${problems.get(name) ?? ""}${line}\n`);
  }
  return problems;
}
