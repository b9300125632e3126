import assert from "node:assert/strict";
import { test } from "node:test";
import { findHierarchy } from "./hierarchy.ts";

const CONTROLLERS = "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t3\t1\t1\nmemory\t4\t28\t1\npids\t8\t1\t1\n";
const UNIFIED = CONTROLLERS.replaceAll(/\t[0-9]+\t/g, "\t0\t");
const mount = (type: string, place: string, options: string, root: string = "/"): string =>
  `36 25 0:31 ${root} ${place} rw,nosuid shared:9 - ${type} ${type} ${options}`;
const TMPFS = "30 25 0:26 / /sys/fs/cgroup ro shared:8 - tmpfs tmpfs ro,mode=755";

const TABLE: readonly (readonly [string, readonly string[], string, ReturnType<typeof findHierarchy>])[] = [
  [
    "v2 alone",
    [mount("cgroup2", "/sys/fs/cgroup", "rw,nsdelegate")],
    UNIFIED,
    { version: 2, id: 0, mount: "/sys/fs/cgroup" },
  ],
  [
    "v1: memory before the others",
    [TMPFS, mount("cgroup", "/sys/fs/cgroup/pids", "rw,pids"), mount("cgroup", "/sys/fs/cgroup/memory", "rw,memory")],
    CONTROLLERS,
    { version: 1, controller: "memory", id: 4, mount: "/sys/fs/cgroup/memory" },
  ],
  [
    "hybrid: the controllers' trees, not the empty one",
    [TMPFS, mount("cgroup2", "/sys/fs/cgroup/unified", "rw"), mount("cgroup", "/sys/fs/cgroup/pids", "rw,pids")],
    CONTROLLERS,
    { version: 1, controller: "pids", id: 8, mount: "/sys/fs/cgroup/pids" },
  ],
  [
    "hybrid without controllers: only systemd's names",
    [
      TMPFS,
      mount("cgroup", "/sys/fs/cgroup/systemd", "rw,name=systemd"),
      mount("cgroup2", "/sys/fs/cgroup/unified", "rw"),
    ],
    UNIFIED,
    { version: 2, id: 0, mount: "/sys/fs/cgroup/unified" },
  ],
  [
    "v2 mounted over v1",
    [TMPFS, mount("cgroup", "/sys/fs/cgroup/memory", "rw,memory"), mount("cgroup2", "/sys/fs/cgroup", "rw")],
    CONTROLLERS,
    { version: 2, id: 0, mount: "/sys/fs/cgroup" },
  ],
  [
    "a part of a tree, as a container sees it, is not it",
    [mount("cgroup", "/sys/fs/cgroup/memory", "rw,memory", "/docker/abc"), mount("cgroup2", "/host\\040cgroup", "rw")],
    CONTROLLERS,
    { version: 2, id: 0, mount: "/host cgroup" },
  ],
  ["none", ["22 1 0:20 / /proc rw - proc proc rw"], CONTROLLERS, undefined],
];
for (const [name, mounts, controllers, want] of TABLE) {
  test(name, () => assert.deepEqual(findHierarchy(mounts.join("\n"), controllers), want));
}
