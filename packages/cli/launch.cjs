"use strict";
// Starts a command's bundle with V8's code cache kept beside it: what a run needs is then neither
// parsed nor compiled. V8 refuses a cache made by another version or with other flags; then the
// bundle is compiled as usual.
//
// It uses as little of Node.js as it can: each of its functions is compiled anew at every start.
const fs = require("fs");
const { Script } = require("vm");

/** The bundle's entry point, and the script that a code cache is made from once it has run. */
function load(name) {
  const filename = `${__dirname}/${name}.cjs`;
  const script = new Script(fs.readFileSync(filename, "utf8"), { filename, cachedData: cacheOf(name) });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, filename, __dirname);
  return { main: module.exports.main, script };
}

function cacheOf(name) {
  try {
    return fs.readFileSync(`${__dirname}/${name}.cache`);
  } catch {
    return undefined; // never made
  }
}

/** The bundle that serves these arguments: a command's own, or "main" for help, version and refusals. */
function bundleFor(name) {
  return name !== undefined && /^[a-z]+$/.test(name) && name !== "launch" && fs.existsSync(`${__dirname}/${name}.cjs`)
    ? name
    : "main";
}

if (require.main === module) {
  const argv = process.argv.slice(2);
  load(bundleFor(argv[0]))
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
