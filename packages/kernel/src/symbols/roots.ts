/** The file systems that processes see: ours, or those of containers, by a folder that leads into them. */
import { closeSync, constants, openSync, statSync } from "node:fs";
import { quietly } from "./quietly.ts";

/**
 * Descriptors that are kept at most. None is closed to make room: its number is part of paths that are
 * remembered, and would soon be another file's.
 */
const MAX_HELD = 64;

export class Roots {
  readonly #held = new Map<string, number>();
  readonly #ours = keyOf("/");
  #isHolding = false;

  /** From now on a root stays within reach when its processes have ended. */
  startHolding(): void {
    this.#isHolding = true;
  }

  /** "" for our own; undefined when the process is gone. */
  of(pid: number): string | undefined {
    const path = `/proc/${pid}/root`;
    const key = keyOf(path);
    if (key === undefined || key === this.#ours) return key && "";
    if (!this.#isHolding) return path;
    const fd = this.#held.get(key) ?? (this.#held.size < MAX_HELD ? this.#hold(key, path) : undefined);
    return fd === undefined ? path : `/proc/self/fd/${fd}`;
  }

  close(): void {
    for (const fd of this.#held.values()) closeSync(fd);
    this.#held.clear();
  }

  #hold(key: string, path: string): number | undefined {
    const fd = quietly(() => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY));
    if (fd === undefined) return undefined;
    this.#held.set(key, fd);
    return fd;
  }
}

/** The same folder of the same file system has the same key. */
function keyOf(path: string): string | undefined {
  const stat = quietly(() => statSync(path));
  return stat && `${stat.dev}:${stat.ino}`;
}
