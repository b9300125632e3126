"use strict";
// Starts a command's bundle with V8's code cache kept beside it: what a run needs is then neither
// parsed nor compiled. V8 refuses a cache made by another version or with other flags; then the
// bundle is compiled as usual.
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

/** The bundle's entry point, and the script that a code cache is made from once it has run. */
function load(name) {
  const file = path.join(__dirname, `${name}.cjs`);
  const source = fs.readFileSync(file, "latin1");
  const cachedData = readIfThere(path.join(__dirname, `${name}.cache`));
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${source}\n})`;
  const script = new vm.Script(wrapped, { filename: file, cachedData });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, file, __dirname);
  return { main: module.exports.main, script };
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

/** The bundle that serves these arguments: a command's own, or "main" for help, version and refusals. */
function bundleFor(argv) {
  const name = argv[0] ?? "";
  return /^[a-z]+$/.test(name) && name !== "launch" && fs.existsSync(path.join(__dirname, `${name}.cjs`))
    ? name
    : "main";
}

if (require.main === module) {
  const argv = process.argv.slice(2);
  load(bundleFor(argv))
    .main(argv)
    .then(
      (status) => process.exit(status),
      (error) => {
        process.stderr.write(`sonde: ${error?.stack ?? error}\nSONDE_UNBUNDLED=1 shows where in the sources.\n`);
        process.exit(1);
      },
    );
}

module.exports = { load };
