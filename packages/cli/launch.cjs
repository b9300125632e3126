"use strict";
// Starts the bundle with V8's code cache kept beside it: what a run needs is then neither parsed nor
// compiled. V8 refuses a cache made by another version or with other flags; then the bundle is
// compiled as usual.
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const bundle = path.join(__dirname, "sonde.cjs");
const cache = path.join(__dirname, "sonde.cache");

/** The bundle's exports, and the script that a code cache is made from once it has run. */
function load() {
  const options = { filename: bundle, cachedData: readIfThere(cache) };
  const script = new vm.Script(
    `(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(bundle, "latin1")}\n})`,
    options,
  );
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, bundle, __dirname);
  return { main: module.exports.main, script };
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

if (require.main === module) {
  load()
    .main(process.argv.slice(2))
    .then(
      (status) => process.exit(status),
      (error) => {
        process.stderr.write(`sonde: ${error?.stack ?? error}\n`);
        process.exit(1);
      },
    );
}

module.exports = { load, cache };
