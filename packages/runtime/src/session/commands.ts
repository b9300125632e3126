/** cat() and system(): what a script has done outside of the kernel. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";
import type { Commands } from "./events.ts";

export const DEFAULT_CAT_BYTES = 10_240;

/** @param catBytes the most that cat() reads of a file */
export function commandRunner(catBytes: number = DEFAULT_CAT_BYTES): Commands {
  return { cat: (path) => cat(path, catBytes), system, quote };
}

function cat(path: string, limit: number): string {
  const fd = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(limit);
    let size = 0;
    for (let got = 1; got > 0 && size < limit;) {
      got = readSync(fd, bytes, size, limit - size, null);
      size += got;
    }
    return bytes.toString("utf8", 0, size);
  } finally {
    closeSync(fd);
  }
}

function system(command: string): string {
  const { stdout } = spawnSync("/bin/sh", ["-c", command], { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
  return stdout;
}

/**
 * The command is the script's, but names in it come from whoever is watched: each character that means
 * something to the shell gets a backslash, which is safe whether or not the script put quotes around.
 */
function quote(text: string): string {
  return text.replace(/[^\w./:@%+=,-]/g, "\\$&");
}
