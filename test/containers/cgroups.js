// Cgroups of these tests, which are gone after them.
import { mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import path from "node:path";

/** Every hierarchy that is mounted. */
function mounts() {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, , type]) => type === "cgroup" || type === "cgroup2")
    .map(([, place = ""]) => place);
}

/** Makes a group in every hierarchy, as a kubelet does for a pod. @param {string} cgroup */
export function makeGroup(cgroup) {
  for (const place of mounts()) mkdirSync(place + cgroup, { recursive: true });
}

/** Removes a group and what is below it, everywhere. @param {string} cgroup */
export function removeGroup(cgroup) {
  for (const place of mounts()) removeTree(place + cgroup);
}

/** @param {string} folder */
function removeTree(folder) {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) removeTree(path.join(folder, entry.name));
    rmdirSync(folder);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code !== "ENOENT" && code !== "EBUSY") throw error;
  }
}
