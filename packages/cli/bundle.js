// Makes the executable in dist/bin: for each command one file that holds everything it can reach, a
// launcher, and V8's code cache of what typical runs execute.
//
// A file for each command, because what V8 restores from a cache costs time whether it is used or
// not: without the agent's libraries, `sonde trace` starts 7 ms sooner. CommonJS, because Node.js
// starts it 4 ms faster than an ES module.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { COMMANDS } from "./dist/commands.js";

const here = path.dirname(fileURLToPath(import.meta.url));
const output = path.join(here, "dist/bin");
const verbose = process.argv.includes("--verbose");

/** Our modules do nothing when loaded, so one whose exports are unused is left out. */
const pureModules = {
  name: "pure-modules",
  setup(bundler) {
    bundler.onResolve({ filter: /^(@sonde\/|\.)/ }, async ({ path: name, importer, kind, resolveDir, pluginData }) => {
      if (pluginData === "resolved" || kind === "entry-point" || importer.includes("/node_modules/")) return undefined;
      const { path: file, errors } = await bundler.resolve(name, {
        importer,
        kind,
        resolveDir,
        pluginData: "resolved",
      });
      return errors.length > 0 ? { errors } : { path: file, sideEffects: false };
    });
  },
};

/** Leaves out every command but one; the table of commands never asks for another. */
const onlyCommand = (wanted) => ({
  name: "only-command",
  setup(bundler) {
    const others = COMMANDS.map((command) => command.name).filter((name) => name !== wanted);
    const filter = new RegExp(`^\\./commands/(${others.join("|")})\\.js$`);
    bundler.onResolve({ filter }, ({ path: name, kind }) =>
      kind === "dynamic-import" ? { path: name, external: true } : undefined,
    );
  },
});

/** @param {string} name of a command, or "main" for what needs none: help, version, refusals */
async function bundle(name) {
  await build({
    entryPoints: [path.join(here, "dist/main.js")],
    outfile: path.join(output, `${name}.cjs`),
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    charset: "ascii", // the launcher reads bytes as characters, and V8 keeps such text in half the memory
    minify: true, // short names too: V8 makes every name of a cache anew, which costs 6 ms with long ones
    legalComments: "external",
    external: ["koffi"],
    supported: { "dynamic-import": false }, // import() becomes require(), which works inside vm.Script
    define: { "import.meta.url": "importMetaUrl", "import.meta.dirname": "__dirname" },
    banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
    plugins: [onlyCommand(name), pureModules],
    logLevel: "warning",
  });
}

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
copyFileSync(path.join(here, "launch.cjs"), path.join(output, "launch.cjs"));
const names = ["main", ...COMMANDS.map((command) => command.name)];
await Promise.all(names.map(bundle)).catch(() => process.exit(1)); // esbuild has said why

// A cache that could not be made costs time at every start, nothing else.
const { NODE_EXTRA_CA_CERTS, NODE_OPTIONS, ...env } = process.env;
for (const name of names) {
  const words = [path.join(here, "warm.cjs"), output, name];
  const warmed = spawnSync(process.execPath, words, { env, encoding: "utf8", timeout: 60_000 });
  if (warmed.status !== 0) console.error(`no code cache for sonde ${name}:\n${warmed.stderr}`);
  else if (verbose) {
    const [code, cache] = ["cjs", "cache"].map((kind) => statSync(path.join(output, `${name}.${kind}`)).size);
    console.log(`${name}: ${code} bytes of code, ${cache} of cache`);
  }
}
