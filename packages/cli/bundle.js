// Makes the executable: every module of the command in one file, dist/bin/sonde.cjs, a launcher, and
// V8's code cache of what a typical run executes. CommonJS, because Node.js starts it 4 ms faster
// than an ES module; one file, because with the cache unused code costs only its bytes.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const output = path.join(here, "dist/bin");

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

mkdirSync(output, { recursive: true });
rmSync(path.join(output, "sonde.cache"), { force: true });
await build({
  entryPoints: [path.join(here, "dist/main.js")],
  outfile: path.join(output, "sonde.cjs"),
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "node20",
  charset: "ascii", // the launcher reads bytes as characters, and V8 keeps such text in half the memory
  minifySyntax: true,
  minifyWhitespace: true, // names stay: a stack trace must be readable
  legalComments: "external",
  external: ["koffi"],
  supported: { "dynamic-import": false }, // import() becomes require(), which works inside vm.Script
  define: { "import.meta.url": "importMetaUrl", "import.meta.dirname": "__dirname" },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  plugins: [pureModules],
  logLevel: "warning",
}).catch(() => process.exit(1)); // esbuild has said why
copyFileSync(path.join(here, "launch.cjs"), path.join(output, "launch.cjs"));

// A cache that could not be made costs time at every start, nothing else.
const { NODE_EXTRA_CA_CERTS, NODE_OPTIONS, ...env } = process.env;
const warmed = spawnSync(process.execPath, [path.join(here, "warm.cjs"), output], {
  env,
  encoding: "utf8",
  timeout: 60_000,
});
if (warmed.status !== 0) console.error(`no code cache for the command line:\n${warmed.stderr}`);
else if (process.argv.includes("--verbose")) {
  for (const name of ["sonde.cjs", "sonde.cache"])
    console.log(`${name} ${statSync(path.join(output, name)).size} bytes`);
}
