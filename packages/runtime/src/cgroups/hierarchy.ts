/**
 * Which tree of cgroups tells who a task is.
 *
 * With cgroup v2 there is one tree. With v1 there is one for each controller, and a container has a
 * group in each; where containers live in those alone, the v2 tree beside them (a "hybrid" machine) is
 * empty. So: a controller's tree if one is mounted, else the unified one.
 */
import { readFileSync } from "node:fs";

export interface Hierarchy {
  readonly version: 1 | 2;
  /** Of v1: the kernel's name of the controller ("memory"). */
  readonly controller?: string;
  /** As tracepoints and /proc/PID/cgroup number it; 0 for v2. */
  readonly id: number;
  /** Where it is mounted, for this process. */
  readonly mount: string;
}

/** Those that every container runtime puts a container into, the surest first. */
const CONTROLLERS = ["memory", "pids", "cpu", "cpuacct", "devices", "freezer", "blkio"] as const;

/** Undefined where no cgroup file system is mounted at all. */
export function findHierarchy(
  mounts: string = readFileSync("/proc/self/mountinfo", "utf8"),
  controllers: string = readControllers(),
): Hierarchy | undefined {
  const found = cgroupMounts(mounts);
  const numbers = new Map(
    controllers
      .split("\n")
      .map((line) => line.split("\t"))
      .map(([name, id]) => [name, Number(id)]),
  );
  for (const controller of CONTROLLERS) {
    const mount = found.find(({ type, options }) => type === "cgroup" && options.includes(controller));
    const id = numbers.get(controller) ?? 0;
    if (mount !== undefined && id > 0) return { version: 1, controller, id, mount: mount.path };
  }
  const unified = found.find(({ type }) => type === "cgroup2");
  return unified && { version: 2, id: 0, mount: unified.path };
}

/** A kernel may be built without the file; then it has no v1 trees either. */
function readControllers(): string {
  try {
    return readFileSync("/proc/cgroups", "utf8");
  } catch {
    return "";
  }
}

/** Where the tree of version 2 is mounted, which alone takes programs; undefined where it is not. */
export function unifiedMount(mounts: string = readFileSync("/proc/self/mountinfo", "utf8")): string | undefined {
  return cgroupMounts(mounts).find(({ type }) => type === "cgroup2")?.path;
}

interface CgroupMount {
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
function cgroupMounts(mountinfo: string): readonly CgroupMount[] {
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
