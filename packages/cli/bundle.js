// Makes the executable in dist/bin: for each command one file that holds everything it can reach, a
// launcher, and V8's code cache of what typical runs execute.
//
// A file for each command, because what V8 restores from a cache costs time whether it is used or
// not: without the agent's libraries, `sonde trace` starts 7 ms sooner. CommonJS, because Node.js
// starts it 4 ms faster than an ES module.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { COMMANDS } from "./dist/commands.js";

const here = path.dirname(fileURLToPath(import.meta.url));
const finished = path.join(here, "dist/bin");
/** Everything is made aside and put in place in one step: whoever starts meanwhile finds all of the old or all of the new. */
const output = path.join(here, `dist/.bin-${process.pid}`);
/**
 * What Node.js is started with, but for the agent; part of what a code cache is valid for. In CPU
 * time of a start:
 * - no-rehash-snapshot, 3 ms: V8's strings keep the hashes that they were built with. So those are
 *   known to strangers, and only a process that lives long and keeps tables of strangers' names
 *   (the agent) must not have it.
 * - no-sparkplug, 3 ms: no quick machine code for what runs twice. The optimising compiler stays: a
 *   million events cost the same.
 * - interrupt-budget, 40 ms of loading forty programs: fifteen times as much must run before it is worth
 *   optimising, since a thread that optimises what has ended meanwhile costs CPU too.
 * - min-semi-space-size, 1 ms: no collection of garbage before there is some.
 * - preserve-symlinks-main, 0.3 ms: bin/sonde has followed the links.
 */
const NODE_FLAGS = [
  "--no-rehash-snapshot",
  "--no-sparkplug",
  "--interrupt-budget=1000000",
  "--min-semi-space-size=2",
  "--preserve-symlinks-main",
];
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

/**
 * Modules of Node.js that are not part of its own start are loaded when something of them is used:
 * zlib and what it needs take 4 ms. Each importer gets a table of getters for the names it asks for.
 * Of node:module only createRequire is used, and CommonJS has its result.
 */
const lateModules = {
  name: "late-modules",
  setup(bundler) {
    bundler.onResolve({ filter: /^node:/ }, ({ path: name, importer, kind }) => {
      if (kind !== "import-statement" || EARLY_MODULES.has(name) || importer.includes("/node_modules/"))
        return undefined;
      const names = importedNames(readFileSync(importer, "utf8"), name);
      return names && { path: `${name} for ${importer}`, namespace: "late", pluginData: { name, names } };
    });
    bundler.onLoad({ filter: /./, namespace: "late" }, ({ pluginData: { name, names } }) => {
      if (name === "node:module") return { contents: "exports.createRequire = () => require;" };
      const getters = names.map((member) => `get ${member}() { return require("${name}").${member}; }`);
      return { contents: `module.exports = { ${getters.join(", ")} };` };
    });
  },
};

/** What every start of Node.js has loaded already. */
const EARLY_MODULES = new Set(["events", "fs", "path", "timers", "url", "util"].map((name) => `node:${name}`));

/** The names in `import { a, b as c } from "module"`; undefined where all of the module is imported. */
function importedNames(source, module) {
  const list = source.match(new RegExp(`^import \\{([^}]*)\\} from "${module}";`, "m"))?.[1];
  return list
    ?.split(",")
    .map((name) => name.trim().split(" ")[0])
    .filter((name) => name !== "");
}

/**
 * What our modules load while they run is imported at once instead: each module that can be loaded
 * late, and each that such a one imports, would be wrapped in functions of its own, and those cost
 * more than a module that does nothing when loaded.
 */
const importAtOnce = {
  name: "import-at-once",
  setup(bundler) {
    bundler.onLoad({ filter: /\/packages\/[a-z]+\/dist\/.*\.js$/, namespace: "file" }, ({ path: file }) => {
      if (file.endsWith("/commands.js")) return undefined;
      let imports = "";
      let count = 0;
      const contents = readFileSync(file, "utf8").replace(/\bawait import\(("[^"]+")\)/g, (_, name) => {
        const variable = `atOnce${count++}`;
        imports += `import * as ${variable} from ${name};`;
        return variable;
      });
      return count === 0 ? undefined : { contents: imports + contents };
    });
  },
};

/** Leaves out the commands that the table would load: a bundle has its own, and is never asked for another. */
const noCommands = {
  name: "no-commands",
  setup(bundler) {
    bundler.onResolve({ filter: /^\.\/commands\/\w+\.js$/ }, ({ path: name, importer, kind }) =>
      kind === "dynamic-import" && importer.endsWith("/commands.js") ? { path: name, external: true } : undefined,
    );
  },
};

/** A command is imported, not loaded: what is loaded while it runs gets a wrapper for each of its modules. */
const entry = (name) =>
  name === "main"
    ? 'export { main } from "./dist/main.js";'
    : `import { main as start } from "./dist/main.js";
       import { run } from "./dist/commands/${name}.js";
       export const main = (argv) => start(argv, { name: "${name}", run });`;

/**
 * @param {string} name of a command, or "main" for what needs none: help, version, refusals
 * @returns {Promise<[name: string, bytesByFolder: Record<string, number>]>}
 */
async function bundle(name) {
  const { metafile } = await build({
    stdin: { contents: entry(name), resolveDir: here },
    outfile: path.join(output, `${name}.cjs`),
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    charset: "ascii", // V8 keeps such text in half the memory
    minify: true, // short names too: V8 makes every name of a cache anew, which costs 6 ms with long ones
    legalComments: "external",
    external: ["koffi"],
    supported: { "dynamic-import": false }, // import() becomes require(), which works inside vm.Script
    define: { "import.meta.url": "importMeta.url", KOFFI_BINARY: "koffiBinary" },
    banner: {
      js: `(function (exports, require, module, __filename, __dirname) {
        const importMeta = { get url() { return require("node:url").pathToFileURL(__filename).href; } };
        const koffiBinary = __dirname + "/koffi.node";`,
    },
    footer: { js: "})" },
    plugins: [noCommands, importAtOnce, lateModules, pureModules],
    logLevel: "warning",
    metafile: true,
  });
  return [name, bytesByFolder(Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs)))];
}

/** Such as "compiler/passes", or "koffi" for a package that is not ours. @param {readonly [string, { bytesInOutput: number }][]} inputs */
function bytesByFolder(inputs) {
  const bytes = {};
  for (const [file, { bytesInOutput }] of inputs) {
    if (bytesInOutput === 0 || !file.endsWith("js") || file.startsWith("late:")) continue;
    const [, packageName] = /node_modules\/((?:@[^/]+\/)?[^/]+)\/[^@]*$/.exec(file) ?? [];
    const folder =
      packageName ?? path.relative(path.join(here, ".."), path.dirname(path.resolve(file))).replace("/dist", "");
    bytes[folder] = (bytes[folder] ?? 0) + bytesInOutput;
  }
  return bytes;
}

/** Beside the bundles the FFI's binary is opened without a search; where it does not fit, it is searched for. */
function copyKoffi() {
  const binary = `@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`;
  try {
    copyFileSync(path.join(here, "../../node_modules", binary), path.join(output, "koffi.node"));
  } catch (error) {
    console.error(`the FFI's binary is not copied, starts take longer: ${error.message}`);
  }
}

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
copyFileSync(path.join(here, "launch.cjs"), path.join(output, "launch.cjs"));
copyKoffi();
const names = ["main", ...COMMANDS.map((command) => command.name)];
const contents = await Promise.all(names.map(bundle)).catch(() => process.exit(1)); // esbuild has said why
writeFileSync(path.join(output, "contents.json"), JSON.stringify(Object.fromEntries(contents), undefined, 1));

const { NODE_EXTRA_CA_CERTS, NODE_OPTIONS, ...env } = process.env;
// Flags of V8 come and go: one that this Node.js does not know would end every start.
const known = spawnSync(process.execPath, [...NODE_FLAGS, "-e", "0"], { env }).status === 0;
const flags = known ? NODE_FLAGS : [];
writeFileSync(path.join(output, "node-flags"), `${flags.join(" ")}\n`);

// A cache that could not be made costs time at every start, nothing else.
for (const name of names) {
  const words = [...(name === "agent" ? [] : flags), path.join(here, "warm.cjs"), output, name];
  const warmed = spawnSync(process.execPath, words, { env, encoding: "utf8", timeout: 60_000 });
  if (warmed.status !== 0) console.error(`no code cache for sonde ${name}:\n${warmed.stderr}`);
  else if (verbose) {
    const [code, cache] = ["cjs", "cache"].map((kind) => statSync(path.join(output, `${name}.${kind}`)).size);
    console.log(`${name}: ${code} bytes of code, ${cache} of cache`);
  }
}

const former = path.join(here, `dist/.former-bin-${process.pid}`);
if (existsSync(finished)) renameSync(finished, former);
renameSync(output, finished);
rmSync(former, { recursive: true, force: true });
