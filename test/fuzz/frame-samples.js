// Small executables and libraries with unwind tables: what a linker makes of a few functions.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../../tools/lib/environment.js";
import { temporaryFolder } from "../support/folder.js";

/** @typedef {import("./mutate.js").Sample} Sample */

/** @type {readonly (readonly string[])[]} */
const kinds = [
  ["-shared", "-fPIC", "-Wl,-z,separate-code"],
  ["-shared", "-fPIC", "-Wl,-z,noseparate-code", "-fno-omit-frame-pointer"],
  ["-shared", "-fPIC", "-O0", "-mcmodel=large"],
];

/** @returns {Sample[]} */
export function frameSamples() {
  const folder = temporaryFolder();
  const source = path.join(root, "test/unwind/testdata/library.c");
  return kinds.map((options, index) => {
    const file = path.join(folder, `library${index}.so`);
    execFileSync("gcc", ["-O2", "-fasynchronous-unwind-tables", ...options, source, "-o", file]);
    const bytes = new Uint8Array(readFileSync(file));
    const frames = place(file, ".eh_frame");
    const header = { offset: 0, size: 64 + 13 * 56 };
    return {
      name: `unwind tables: ${options.join(" ")}`,
      bytes,
      regions: [header, place(file, ".eh_frame_hdr"), frames, frames, frames, frames],
      words: [],
      resizable: true,
    };
  });
}

/** @param {string} file @param {string} section */
function place(file, section) {
  const text = execFileSync("readelf", ["-SW", file], { encoding: "latin1" });
  const [, offset = "0", size = "0"] =
    new RegExp(` \\${section} +\\w+ +[0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+)`).exec(text) ?? [];
  return { offset: Number.parseInt(offset, 16), size: Number.parseInt(size, 16) };
}
