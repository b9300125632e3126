// Keeps everything that says which package may use which in step with one table, layers.json:
// the lint rule that enforces it (.oxlintrc.json), the picture in docs/architecture.md, and the
// dependencies in each package.json. Writes the first two; with --check only compares.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "./lib/environment.js";

/** @typedef {Record<string, { uses: string[], pure: boolean, is: string }>} Layers */

/** @param {string} name */
const read = (name) => readFileSync(path.join(root, name), "utf8");
/** @type {Layers} */
const layers = JSON.parse(read("tools/layers.json"));
const check = process.argv.includes("--check");
/** @type {string[]} */
const complaints = [];

keep(".oxlintrc.json", withLayerRules(JSON.parse(read(".oxlintrc.json"))));
keep("docs/architecture.md", withPicture(read("docs/architecture.md")));
for (const [name, { uses }] of Object.entries(layers)) compareDependencies(name, uses);

for (const complaint of complaints) console.error(complaint);
process.exit(complaints.length === 0 ? 0 : 1);

/** @param {string} name @param {string} wanted its whole text */
function keep(name, wanted) {
  if (read(name) === wanted) return;
  if (check) complaints.push(`${name} does not agree with tools/layers.json: run npm run format`);
  else writeFileSync(path.join(root, name), wanted);
}

/** The lint configuration with one override for each package. @param {{ overrides?: unknown[] }} config */
function withLayerRules(config) {
  const overrides = Object.entries(layers).flatMap(([name, layer]) => {
    const strangers = Object.keys(layers).filter((other) => other !== name && !layer.uses.includes(other));
    const foreign = {
      group: strangers.flatMap((other) => [scoped(other), `${scoped(other)}/*`]),
      message: `packages/${name} may use ${layer.uses.map(scoped).join(", ") || "no other package"} (tools/layers.json).`,
    };
    const host = {
      group: ["node:*"],
      message: `packages/${name} is pure: no Node.js, so that it runs anywhere (tools/layers.json).`,
    };
    const rule = (/** @type {unknown[]} */ patterns) => ({ "no-restricted-imports": ["error", { patterns }] });
    const files = `packages/${name}/src/**/*.ts`;
    if (!layer.pure) return [{ files: [files], rules: rule([foreign]) }];
    return [
      { files: [files], rules: rule([foreign, host]) },
      // Tests read their samples from files.
      { files: [`packages/${name}/src/**/*.test.ts`, `packages/${name}/src/**/testing/**`], rules: rule([foreign]) },
    ];
  });
  return `${JSON.stringify({ ...config, overrides }, undefined, 2)}\n`;
}

/** The document with the section between its two marks made anew. @param {string} text */
function withPicture(text) {
  const marks = /(<!-- layers: .*? -->\n)[\s\S]*?(<!-- end of layers -->)/;
  if (!marks.test(text))
    complaints.push("docs/architecture.md has no section between <!-- layers: --> and <!-- end of layers -->");
  // An edge is drawn only where no longer way says the same.
  const edges = Object.entries(layers).flatMap(([name, { uses }]) => {
    const direct = uses.filter((used) => !uses.some((other) => layers[other]?.uses.includes(used)));
    return direct.map((used) => `  ${name} --> ${used}`);
  });
  const nodes = Object.entries(layers).map(([name, layer]) => `  ${name}["${name}: ${layer.is}"]`);
  const rows = Object.entries(layers).map(([name, layer]) => {
    return `| ${name} | ${layer.is} | ${layer.uses.join(", ") || "nothing"} | ${layer.pure ? "yes" : "no"} |`;
  });
  const picture = ["```mermaid", "flowchart TD", ...nodes, ...edges, "```"];
  const table = ["| package | what it is | may use | pure |", "| --- | --- | --- | --- |", ...rows];
  return text.replace(marks, (_, begin, end) => `${begin}\n${picture.join("\n")}\n\n${table.join("\n")}\n\n${end}`);
}

/** @param {string} name @param {readonly string[]} uses */
function compareDependencies(name, uses) {
  const manifest = JSON.parse(read(`packages/${name}/package.json`));
  const declared = Object.keys(manifest.dependencies ?? {}).filter(
    (key) => key.startsWith("@sonde/") || key === "sonde",
  );
  const undeclared = declared.filter((key) => !uses.map(scoped).includes(key));
  const missing = uses.map(scoped).filter((key) => !declared.includes(key));
  if (undeclared.length > 0)
    complaints.push(
      `packages/${name}/package.json depends on ${undeclared.join(", ")}, which tools/layers.json does not allow`,
    );
  if (missing.length > 0)
    complaints.push(`packages/${name}/package.json lacks ${missing.join(", ")}, which tools/layers.json lists`);
}

/** @param {string} name */
function scoped(name) {
  return name === "sonde" ? "sonde" : `@sonde/${name}`;
}
