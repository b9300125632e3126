/**
 * Which tree of cgroups tells who a task is.
 *
 * With cgroup v2 there is one tree. With v1 there is one for each controller, and a container has a
 * group in each; where containers live in those alone, the v2 tree beside them (a "hybrid" machine) is
 * empty. So: a controller's tree if one is mounted, else the unified one.
 */
import { readFileSync } from "node:fs";
import { cgroupMounts } from "@sonde/kernel/cgroups";

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
