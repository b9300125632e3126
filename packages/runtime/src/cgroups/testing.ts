/** For tests: a cgroup of one's own in the tree that tells who a task is, and commands that run in it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmdirSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { openKernel } from "@sonde/kernel/sys";
import type { Sink } from "../print/sink.ts";
import { testTarget } from "../scripts/run-script.ts";
import { Session, type SessionOptions } from "../session/session.ts";
import { findHierarchy, type Hierarchy } from "./hierarchy.ts";

const nothing = (): void => {};
const SILENT: Sink = {
  show: () => "",
  attachedProbes: nothing,
  text: nothing,
  say: nothing,
  printf: nothing,
  time: nothing,
  stream: nothing,
  value: nothing,
  map: nothing,
  lostEvents: nothing,
  warning: nothing,
  end: nothing,
};

/** A session whose maps are read. */
export async function startSilent(spec: ObjectSpec, maps?: SessionOptions["maps"]): Promise<Session> {
  const vmlinux = (): ReturnType<typeof testTarget>["btf"] => testTarget().btf;
  return await Session.start(spec, { kernel: openKernel(), vmlinux, sink: () => SILENT, ...(maps && { maps }) });
}

export function testHierarchy(): Hierarchy {
  const found = findHierarchy();
  if (found === undefined) throw new Error("no cgroup file system is mounted");
  return found;
}

export class Group {
  readonly path: string;
  readonly #folder: string;

  constructor(path: string, hierarchy: Hierarchy = testHierarchy()) {
    this.path = path;
    this.#folder = hierarchy.mount + path;
    mkdirSync(this.#folder);
  }

  get id(): bigint {
    return statSync(this.#folder, { bigint: true }).ino;
  }

  /** Runs dd, which makes `count` writes of one byte, with all its life in this group. */
  writes(count: number): void {
    const dd = `exec dd if=/dev/zero of=/dev/null bs=1 count=${count} status=none`;
    execFileSync("sh", ["-c", `echo $$ > "$0/cgroup.procs"; ${dd}`, this.#folder]);
  }

  async remove(): Promise<void> {
    // It is busy for a moment after its last process has ended.
    for (let attempts = 100; ; attempts--) {
      try {
        return rmdirSync(this.#folder);
      } catch (error) {
        if (attempts === 0) throw error;
        await sleep(10);
      }
    }
  }
}
