/** The cgroups that there are already: each directory is one, and its inode number is its id. */
import { opendirSync, statSync } from "node:fs";
import type { Hierarchy } from "./hierarchy.ts";

export interface FoundCgroup {
  readonly id: bigint;
  /** From the hierarchy's root: "/", "/system.slice". */
  readonly path: string;
  /** Undefined for the root. */
  readonly parent: bigint | undefined;
}

/** No machine has more; a tree that is deeper is a trap. */
const MOST = 100_000;
const DEEPEST = 32;

/** Parents before their children. What goes away meanwhile is left out. */
export function* walkCgroups({ mount }: Hierarchy): Generator<FoundCgroup> {
  const open: { readonly path: string; readonly parent: bigint | undefined; readonly depth: number }[] = [
    { path: "/", parent: undefined, depth: 0 },
  ];
  for (let count = 0; count < MOST; count++) {
    const next = open.pop();
    if (next === undefined) return;
    const id = inode(mount + next.path);
    if (id === undefined) continue;
    yield { id, path: next.path, parent: next.parent };
    if (next.depth === DEEPEST) continue;
    for (const name of folders(mount + next.path))
      open.push({ path: next.path === "/" ? `/${name}` : `${next.path}/${name}`, parent: id, depth: next.depth + 1 });
  }
}

function inode(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

function folders(path: string): readonly string[] {
  try {
    const directory = opendirSync(path);
    const names: string[] = [];
    try {
      for (let entry = directory.readSync(); entry !== null; entry = directory.readSync())
        if (entry.isDirectory()) names.push(entry.name);
    } finally {
      directory.closeSync();
    }
    return names;
  } catch {
    return [];
  }
}
