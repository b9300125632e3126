// What a fresh machine lacks: npm's packages, Debian's packages, mounted kernel file systems.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { childEnvironment, root } from "./environment.js";

/** Debian packages, each with a file that shows it is there. */
const debianPackages = {
  "qemu-system-x86": "/usr/bin/qemu-system-x86_64",
  "busybox-static": "/usr/share/doc/busybox-static",
  e2fsprogs: "/usr/sbin/mke2fs",
  cpio: "/usr/bin/cpio",
  kmod: "/usr/sbin/depmod",
  "xz-utils": "/usr/bin/xz",
  zstd: "/usr/bin/zstd",
  iproute2: "/usr/bin/ip",
  bpftool: "/usr/sbin/bpftool",
  "clang-16": "/usr/bin/clang-16",
  "clang-19": "/usr/bin/clang-19",
  "llvm-16": "/usr/bin/llvm-objdump-16",
  "libbpf-dev": "/usr/include/bpf/bpf_helpers.h",
  make: "/usr/bin/make",
  "g++": "/usr/bin/g++",
  dwz: "/usr/bin/dwz",
  bpftrace: "/usr/bin/bpftrace",
  prometheus: "/usr/bin/prometheus",
  "victoria-metrics": "/usr/bin/victoria-metrics",
  openssl: "/usr/bin/openssl",
  runc: "/usr/sbin/runc",
  containerd: "/usr/bin/containerd",
  podman: "/usr/bin/podman",
  "pci.ids": "/usr/share/misc/pci.ids",
  tcpdump: "/usr/bin/tcpdump",
};

/** @typedef {keyof typeof debianPackages} DebianPackage */
/** What the guests need on the host. @type {readonly DebianPackage[]} */
export const guestPackages = [
  "qemu-system-x86",
  "busybox-static",
  "e2fsprogs",
  "cpio",
  "kmod",
  "xz-utils",
  "zstd",
  "iproute2",
  "bpftool",
];
/** What tests compile BPF objects and small programs with. @type {readonly DebianPackage[]} */
export const compilerPackages = ["clang-16", "clang-19", "llvm-16", "libbpf-dev", "make", "g++", "bpftool", "dwz"];
/** What the scenario tests need. @type {readonly DebianPackage[]} */
export const scenarioPackages = [
  "bpftool",
  "prometheus",
  "victoria-metrics",
  "openssl",
  "runc",
  "containerd",
  "podman",
  "busybox-static",
  "pci.ids",
  "tcpdump",
];

/** Runs a command to its end, quiet unless it fails. @param {string} command @param {readonly string[]} words */
function mustRun(command, words, environment = childEnvironment()) {
  const result = spawnSync(command, words, { cwd: root, env: environment, encoding: "utf8" });
  if (result.status === 0) return;
  const said = result.error?.message ?? `${result.stdout}${result.stderr}`.trim();
  throw new Error(`${command} ${words.join(" ")} failed (${result.signal ?? result.status}):\n${said}`);
}

/** Installs npm's packages as the lock file says, unless they are there already. */
export function ensureNodeModules() {
  if (nodeModulesMatchLock()) return;
  console.log("installing npm packages ...");
  mustRun(
    "npm",
    ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"],
    childEnvironment({ network: true }),
  );
}

function nodeModulesMatchLock() {
  const installedFile = path.join(root, "node_modules/.package-lock.json");
  if (!existsSync(installedFile)) return false;
  const installed = JSON.parse(readFileSync(installedFile, "utf8")).packages;
  const wanted = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(wanted).every(([name, entry]) => {
    if (!name.startsWith("node_modules/") || entry.link || entry.optional || entry.devOptional) return true;
    return installed[name]?.version === entry.version;
  });
}

/** Installs by apt those of the packages that are missing. @param {readonly DebianPackage[]} wanted */
export function ensureDebianPackages(wanted) {
  const missing = wanted.filter((name) => !existsSync(debianPackages[name]));
  if (missing.length === 0) return;
  console.log(`installing Debian packages: ${missing.join(" ")} ...`);
  const environment = { ...childEnvironment(), DEBIAN_FRONTEND: "noninteractive" };
  mustRun("apt-get", ["-qq", "update"], environment);
  mustRun("apt-get", ["-qq", "install", "-y", "--no-install-recommends", ...missing], environment);
}

/** Mounts the kernel's file systems that tracing reads, where they are missing. */
export function ensureMounts() {
  const mounted = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1]);
  const wanted = { tracefs: "/sys/kernel/tracing", debugfs: "/sys/kernel/debug", bpf: "/sys/fs/bpf" };
  for (const [type, target] of Object.entries(wanted)) {
    if (!mounted.includes(target)) mustRun("mount", ["-t", type, type, target]);
  }
}

/** Ends with a clear word unless this user may load BPF programs. @param {string} command */
export function requireRoot(command) {
  if (process.getuid?.() === 0) return;
  console.error(`${command} loads BPF programs and so needs root: run it as root, for example with sudo`);
  process.exit(1);
}
