// Debian's kernels that the guests run, fetched once into .cache/kernels.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
export const root = path.resolve(here, "../..");

/** The names that commands take. `version` undefined means the suite's newest. */
export const kernels = {
  "5.10": { suite: "bullseye-security", version: "5.10" },
  6.1: { suite: "bookworm-security", version: "6.1" },
  6.12: { suite: "trixie-security", version: "6.12" },
  newest: { suite: "sid", version: undefined },
};

/**
 * @typedef {{ name: string, release: string, image: string, modules: string }} Kernel
 *   `image` is the path of vmlinuz, `modules` of a tree that holds lib/modules.
 */

/**
 * A kernel by its name, downloaded when .cache does not have it.
 * @param {string} name
 * @returns {Kernel}
 */
export function ensureKernel(name) {
  const source = kernels[/** @type {keyof typeof kernels} */ (name)];
  if (source === undefined) {
    throw new Error(`no kernel "${name}": choose one of ${Object.keys(kernels).join(", ")}`);
  }
  const directory = path.join(root, ".cache/kernels", name);
  if (!existsSync(path.join(directory, "release"))) {
    const wanted = [source.suite, directory, ...(source.version === undefined ? [] : [source.version])];
    execFileSync(path.join(here, "fetch-kernel"), wanted, { stdio: ["ignore", "ignore", "inherit"] });
  }
  return {
    name,
    release: readFileSync(path.join(directory, "release"), "utf8").trim(),
    image: path.join(directory, "vmlinuz"),
    modules: path.join(directory, "modules"),
  };
}
