/** For tests: a control group of one's own. */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export class TestCgroup {
  readonly path: string;
  readonly #parent: string;

  constructor(name: string, parent: string = cgroupRoot()) {
    this.#parent = parent;
    this.path = `${parent}/${name}-${process.pid}`;
    mkdirSync(this.path);
  }

  /** Runs `body` with this process in the group; sockets that it makes belong there for good. */
  run<T>(body: () => T): T {
    const before = `${cgroupRoot()}${ownGroup()}/cgroup.procs`;
    writeFileSync(`${this.path}/cgroup.procs`, String(process.pid));
    try {
      return body();
    } finally {
      writeFileSync(before, String(process.pid));
    }
  }

  /** A group below this one. */
  below(name: string): TestCgroup {
    return new TestCgroup(name, this.path);
  }

  async remove(): Promise<void> {
    // A group is busy for a moment after the last process has left it.
    for (let attempts = 100; ; attempts--) {
      try {
        return rmdirSync(this.path);
      } catch (error) {
        if (attempts === 0) throw new Error(`${this.path} below ${this.#parent} cannot be removed`, { cause: error });
        await sleep(10);
      }
    }
  }
}

/** Where the cgroup2 file system is mounted. */
function cgroupRoot(): string {
  const mount = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .find((line) => line.split(" ")[2] === "cgroup2");
  const path = mount?.split(" ")[1];
  if (path === undefined) throw new Error("no cgroup2 file system is mounted");
  return path;
}

/** This process's group in it: "/", "/a/b". */
function ownGroup(): string {
  const line = readFileSync("/proc/self/cgroup", "utf8")
    .split("\n")
    .find((line) => line.startsWith("0::"));
  return line?.slice("0::".length).replace(/^\/$/, "") ?? "";
}
