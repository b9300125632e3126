/** Where control groups are mounted, for this process. */
import { existsSync, readFileSync } from "node:fs";

/** Where the tree of version 2 is mounted, which alone takes programs; undefined where it is not. */
export function unifiedMount(mounts: string = readFileSync("/proc/self/mountinfo", "utf8")): string | undefined {
  return cgroupMounts(mounts).find(({ type }) => type === "cgroup2")?.path;
}

/**
 * The folder of a group of version 2 that is named by its path from the root of the tree ("/system.slice", "/"),
 * or by its folder already. Errors: Error where the tree is not mounted or has no such group.
 */
export function cgroupFolder(path: string, mounts?: string): string {
  if (existsSync(`${path}/cgroup.controllers`)) return path;
  const mount = unifiedMount(mounts);
  if (mount === undefined)
    throw new Error(
      `control group ${path} cannot be attached to: those of version 2 are not mounted; mount -t cgroup2 none /sys/fs/cgroup/unified`,
    );
  const folder = `${mount}/${path.replace(/^\/+/, "")}`.replace(/\/$/, "");
  if (existsSync(folder)) return folder;
  throw new Error(
    existsSync(`${path}/cgroup.procs`)
      ? `control group ${path} is of version 1, which takes no programs: those of version 2 are below ${mount}`
      : `there is no control group ${path}: it is sought as ${folder}; those of processes stand behind 0:: in /proc/PID/cgroup`,
  );
}

export interface CgroupMount {
  readonly type: string;
  readonly path: string;
  readonly options: readonly string[];
}

/**
 * A line of mountinfo (proc_pid_mountinfo(5)); before " - " the root of the mount and its place, behind it
 * the type, the source and the options:
 *
 *     36 25 0:31 / /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory
 *
 * Only mounts of whole trees: inside a container a part of one is mounted, whose paths would be others. What
 * was mounted last at a place hides what was there.
 */
export function cgroupMounts(mountinfo: string): readonly CgroupMount[] {
  const visible = new Map<string, CgroupMount | undefined>();
  for (const line of mountinfo.split("\n")) {
    const [before, behind] = line.split(" - ");
    if (before === undefined || behind === undefined) continue;
    const [, , , root, place = ""] = before.split(" ");
    const [type = "", , options = ""] = behind.split(" ");
    const path = unescaped(place);
    for (const below of visible.keys()) if (below === path || below.startsWith(`${path}/`)) visible.delete(below);
    const whole = root === "/" && (type === "cgroup" || type === "cgroup2");
    visible.set(path, whole ? { type, path, options: options.split(",") } : undefined);
  }
  return [...visible.values()].filter((mount) => mount !== undefined);
}

/** Blanks, tabs, newlines and backslashes stand there as three octal digits. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
