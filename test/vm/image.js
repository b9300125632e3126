// The guest's one disk: busybox and a few programs, the kernel's modules, the built project, a job.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { objectFolder } from "../monitors/portable/objects.js";
import { root } from "./kernels.js";

// Programs whose own binary matters: what tests trace, and what checks their work.
const programs = ["node", "bash", "dash", "cat", "dd", "ls", "sleep", "true", "mount", "ip", "tc", "bpftool"];
const hostTypes = "/sys/kernel/btf/vmlinux";
const projectFolders = ["bin", "monitors", "packages", "test", "tools"];

/**
 * Builds an ext4 image in `directory` and returns its path.
 * @param {import("./kernels.js").Kernel} kernel
 * @param {string} directory an existing scratch directory
 * @param {string} job shell text that the guest runs in /sonde
 */
export function buildImage(kernel, directory, job) {
  const tree = path.join(directory, "tree");
  execFileSync("cp", ["-al", ensureRoot(), tree]);
  execFileSync("cp", ["-a", path.join(kernel.modules, "lib/modules"), path.join(tree, "usr/lib/modules")]);
  copyProject(path.join(tree, "sonde"));
  // Monitors are built against another kernel's types than those of the kernel that they run on.
  if (existsSync(hostTypes)) cpSync(hostTypes, path.join(tree, "sonde/host-vmlinux.btf"));
  if (existsSync(objectFolder)) cpSync(objectFolder, path.join(tree, "sonde/.cache/objects"), { recursive: true });
  mkdirSync(path.join(tree, "out"));
  writeFileSync(path.join(tree, "job"), `${job}\n`);

  const image = path.join(directory, "disk");
  const used = Number.parseInt(execFileSync("du", ["-sm", tree], { encoding: "utf8" }), 10);
  const size = Math.ceil((used + 96) * 1.06);
  const options = ["-O", "^has_journal,^metadata_csum", "-m", "0", "-E", "root_owner=0:0"];
  execFileSync("mke2fs", ["-q", "-F", "-t", "ext4", "-b", "4096", ...options, "-d", tree, image, `${size}M`]);
  rmSync(tree, { recursive: true });
  return image;
}

/** The files that a guest left in /out. @param {string} image @param {string} destination */
export function copyOut(image, destination) {
  mkdirSync(destination, { recursive: true });
  execFileSync("debugfs", ["-R", `rdump /out ${destination}`, image], { stdio: "ignore" });
}

/** The part of the image that no source change touches; made again when its recipe or Node.js changes. */
function ensureRoot() {
  const base = path.join(root, ".cache/vm/root");
  const recipe = ["make-root", "guest-init", "image.js"].map(
    (name) => statSync(path.join(root, "test/vm", name)).mtimeMs,
  );
  const stamp = [process.version, ...recipe].join(" ");
  const stampFile = path.join(root, ".cache/vm/root.stamp");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return base;
  const fresh = `${base}.${process.pid}`;
  execFileSync(path.join(root, "test/vm/make-root"), [fresh, ...programs], { stdio: ["ignore", "ignore", "inherit"] });
  rmSync(base, { recursive: true, force: true });
  renameSync(fresh, base);
  writeFileSync(stampFile, stamp);
  return base;
}

/** Built packages, and of node_modules only what the program needs when it runs. @param {string} destination */
function copyProject(destination) {
  mkdirSync(path.join(destination, "node_modules"), { recursive: true });
  cpSync(path.join(root, "package.json"), path.join(destination, "package.json"));
  for (const folder of projectFolders) {
    cpSync(path.join(root, folder), path.join(destination, folder), { recursive: true, verbatimSymlinks: true });
  }
  const lock = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8"));
  for (const [name, entry] of Object.entries(lock.packages)) {
    const source = path.join(root, name);
    if (!name.startsWith("node_modules/") || entry.dev || entry.devOptional || !existsSync(source)) continue;
    const target = path.join(destination, name);
    mkdirSync(path.dirname(target), { recursive: true });
    execFileSync("cp", ["-a", source, target]);
  }
}
