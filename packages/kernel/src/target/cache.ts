/**
 * Files that make the next start faster and may be lost at any time: under $XDG_CACHE_HOME or
 * ~/.cache, in a folder of our own. What belongs to somebody else is not read, since we may be root.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export interface Cache {
  /** The file's bytes, or undefined if there is none to trust. */
  read(name: string): Buffer | undefined;
  /** Replaces the file as a whole. That it can't be written is no error: the next start is slower. */
  write(name: string, bytes: Uint8Array | string): void;
}

export function userCache(folder: string = defaultFolder()): Cache {
  return {
    read(name) {
      try {
        const path = `${folder}/${name}`;
        return statSync(path).uid === process.geteuid?.() ? readFileSync(path) : undefined;
      } catch {
        return undefined;
      }
    },
    write(name, bytes) {
      const path = `${folder}/${name}`;
      const unfinished = `${path}.${process.pid}`;
      try {
        makeFolder(dirname(folder));
        makeFolder(folder);
        // "wx": never through a link that somebody else has put there.
        writeFileSync(unfinished, bytes, { flag: "wx", mode: 0o600 });
        renameSync(unfinished, path);
      } catch {
        remove(unfinished);
      }
    },
  };
}

function defaultFolder(): string {
  // Loaded only where it is needed: see test/scenarios/startup.test.js.
  const home = process.env["HOME"] || process.getBuiltinModule("node:os").homedir();
  return `${process.env["XDG_CACHE_HOME"] || `${home}/.cache`}/sonde`;
}

/**
 * Only the last two levels are ever missing, and mkdirSync's `recursive` never returns where a file
 * system answers ENOENT below a folder that exists, as /proc does.
 */
function makeFolder(path: string): void {
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was not there.
  }
}
