/** Which build of the kernel runs. */
import { readFileSync } from "node:fs";

/** Differs between any two builds, and is fit for a file name: "6.12.38-amd64-1c9a2f07". */
export function kernelBuild(): string {
  return `${uname("osrelease").replace(/[^\w.+-]/g, "_")}-${hashText(uname("version")).toString(16)}`;
}

/** What uname(2) says; its file is read faster than node:os is loaded. */
function uname(field: "osrelease" | "version"): string {
  return readFileSync(`/proc/sys/kernel/${field}`, "latin1").trimEnd();
}

/** FNV-1a, 32 bits. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
