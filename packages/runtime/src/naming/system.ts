/** Names that only the running system knows: users, processes, control groups. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const users = new Map<bigint, string>();

/** The user's name by /etc/passwd, or the number. */
export function userName(id: bigint): string {
  if (users.size === 0) {
    for (const line of readText("/etc/passwd").split("\n")) {
      const [name = "", , number = ""] = line.split(":");
      if (/^\d+$/.test(number) && !users.has(BigInt(number))) users.set(BigInt(number), name);
    }
  }
  return users.get(id) ?? String(id);
}

/** The name of a process that runs now; empty if there is none. */
export function processName(pid: bigint): string {
  return readText(`/proc/${pid}/comm`).replace(/\n$/, "");
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

interface Hierarchy {
  /** "unified" for cgroup2, else its controllers or name. */
  readonly name: string;
  readonly root: string;
}

const groups = new Map<string, string>();

/**
 * The paths of the control group with this id, "name:path" for each hierarchy whose name matches the
 * wildcard `filter`; empty if there is none. A group's id is its folder's inode.
 */
export function cgroupPath(id: bigint, filter: string): string {
  const key = `${filter} ${id}`;
  let known = groups.get(key);
  if (known === undefined) {
    const wanted = new RegExp(
      `^${filter
        .replace(/[.+^${}()|[\]\\]/g, "\\$&")
        .replace(/\*/g, ".*")
        .replace(/\?/g, ".")}$`,
    );
    known = hierarchies()
      .filter(({ name }) => wanted.test(name))
      .flatMap(({ name, root }) => {
        const path = findFolder(root, "/", id);
        return path === undefined ? [] : [`${name}:${path}`];
      })
      .join(",");
    if (known !== "") groups.set(key, known);
  }
  return known;
}

function hierarchies(): Hierarchy[] {
  const found: Hierarchy[] = [];
  for (const line of readText("/proc/self/mounts").split("\n")) {
    const [, root = "", type, options = ""] = line.split(" ");
    if (type === "cgroup2") found.push({ name: "unified", root });
    else if (type === "cgroup") found.push({ name: root.split("/").at(-1) ?? options, root });
  }
  return found;
}

function findFolder(root: string, path: string, id: bigint): string | undefined {
  try {
    const folder = join(root, path);
    if (statSync(folder, { bigint: true }).ino === id) return path;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const found = entry.isDirectory() ? findFolder(root, join(path, entry.name), id) : undefined;
      if (found !== undefined) return found;
    }
  } catch {
    // A group that went while we looked.
  }
  return undefined;
}
