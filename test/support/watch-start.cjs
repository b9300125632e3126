"use strict";
// Loaded before the program by `node --require`: notes what a start uses, and writes it as JSON into
// the file that WATCH_START names. A start that is measured by the clock differs from run to run;
// this does not.
const fs = require("node:fs");
const vm = require("node:vm");

/** @returns {string[]} an undocumented list: what has been loaded of Node.js */
const loaded = () => /** @type {any} */ (process).moduleLoadList;
const before = new Set(loaded());
/** @type {Set<string>} */
const files = new Set();
/** @type {string[]} */
const caches = [];
/** @type {Record<string, (path: unknown, ...rest: unknown[]) => unknown>} */
const patched = /** @type {any} */ (fs);

for (const name of ["openSync", "readFileSync", "readdirSync", "existsSync"]) {
  const original = patched[name];
  if (original === undefined) throw new Error(`node:fs has no ${name}`);
  patched[name] = (path, ...rest) => {
    if (typeof path === "string") files.add(path);
    return original(path, ...rest);
  };
}

vm.Script = class extends vm.Script {
  /** @param {string} source @param {import("node:vm").ScriptOptions} [options] */
  constructor(source, options) {
    super(source, options);
    caches.push(options?.cachedData === undefined ? "none" : this.cachedDataRejected ? "rejected" : "used");
  }
};

const { writeFileSync } = fs;
process.once("exit", () => {
  const modules = loaded()
    .filter((name) => name.startsWith("NativeModule ") && !before.has(name))
    .map((name) => name.slice("NativeModule ".length));
  writeFileSync(process.env["WATCH_START"] ?? "", JSON.stringify({ modules, files: [...files], caches }));
});
