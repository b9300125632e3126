// Containers made by runc itself, from a root file system that holds nothing but busybox.
import { execFile, execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A root file system with a shell and dd. @param {string} folder */
export function makeRootfs(folder) {
  const rootfs = path.join(folder, "rootfs");
  for (const name of ["bin", "dev", "etc", "proc", "sys", "tmp"])
    mkdirSync(path.join(rootfs, name), { recursive: true });
  copyFileSync("/bin/busybox", path.join(rootfs, "bin/busybox"));
  for (const name of ["sh", "dd", "sleep", "usleep", "true"]) symlinkSync("busybox", path.join(rootfs, "bin", name));
  return rootfs;
}

/** What a container does: `count` writes of one byte, then it lives on for a while. @param {number} count @param {number} milliseconds */
export function writesAndSleeps(count, milliseconds) {
  const dd = `/bin/dd if=/dev/zero of=/dev/null bs=1 count=${count} status=none`;
  return ["/bin/sh", "-c", `${dd}; /bin/usleep ${milliseconds * 1000}`];
}

/**
 * @typedef {object} Container
 * @property {string} id
 * @property {readonly string[]} args
 * @property {string} cgroupsPath from each hierarchy's root
 * @property {Record<string, string>} [annotations]
 */

/** Runs containers with their state below `hostRoot`/run/runc, as if the whole machine were there. */
export class Runc {
  #folder;
  #rootfs;
  #specification;

  /** @param {string} hostRoot */
  constructor(hostRoot) {
    this.#folder = path.join(hostRoot, "bundles");
    this.#rootfs = makeRootfs(hostRoot);
    this.root = path.join(hostRoot, "run/runc");
    mkdirSync(this.#folder, { recursive: true });
    mkdirSync(this.root, { recursive: true });
    const example = path.join(hostRoot, "specification");
    mkdirSync(example);
    execFileSync("runc", ["spec"], { cwd: example });
    this.#specification = JSON.parse(readFileSync(path.join(example, "config.json"), "utf8"));
  }

  /** From its start to its end. @param {Container} container */
  async run({ id, args, cgroupsPath, annotations = {} }) {
    const bundle = path.join(this.#folder, id);
    mkdirSync(bundle);
    const config = structuredClone(this.#specification);
    Object.assign(config.process, { terminal: false, args });
    config.root = { path: this.#rootfs, readonly: true };
    config.linux.cgroupsPath = cgroupsPath;
    config.annotations = annotations;
    writeFileSync(path.join(bundle, "config.json"), JSON.stringify(config));
    await run("runc", ["--root", this.root, "run", "--bundle", bundle, id]);
    rmSync(bundle, { recursive: true });
  }
}

/** Runs `work` for each of the items, some at a time. @template T @param {readonly T[]} items @param {number} most @param {(item: T) => Promise<void>} work */
export async function eachOf(items, most, work) {
  const rest = [...items];
  await Promise.all(
    Array.from({ length: most }, async () => {
      for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
    }),
  );
}
