// Peers that the host does not have installed.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { childEnvironment, root } from "../../tools/lib/environment.js";

const fetcher = fileURLToPath(new URL("../fetch-bpftrace", import.meta.url));

/** Debian's newest bpftrace, unpacked under .cache/ when it is first asked for. @returns {string} the command */
export function newestBpftrace() {
  const folder = path.join(root, ".cache/bpftrace-sid");
  if (!existsSync(folder)) {
    console.log("unpacking Debian's newest bpftrace ...");
    execFileSync(fetcher, ["sid", folder], { env: childEnvironment(), stdio: ["ignore", "ignore", "inherit"] });
  }
  return path.join(folder, "run");
}

/** @param {string} command */
export function versionOf(command) {
  return execFileSync(command, ["--version"], { encoding: "utf8" }).trim();
}
