/** The monitors' directory: what is in it, and being told when that changes. */
import { type FSWatcher, readdirSync, watch } from "node:fs";
import { readFiles, type MonitorFiles } from "./files.ts";
import { monitorOfFile } from "./sources/index.ts";

/** Milliseconds of quiet after which a change is looked at: editors and ConfigMaps write in several steps. */
const QUIET = 300;

export class MonitorDirectory {
  readonly path: string;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Every monitor by its name. A file that cannot be read is left out. @throws {Error} the directory cannot be read */
  read(): ReadonlyMap<string, MonitorFiles> {
    const monitors = new Map<string, MonitorFiles>();
    for (const file of this.#names()) {
      const found = monitorOfFile(file);
      if (found === undefined || monitors.has(found.name)) continue;
      try {
        monitors.set(found.name, readFiles(this.path, file, found.source));
      } catch {
        // It went away between the two looks, or is not for us.
      }
    }
    return monitors;
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.path).sort();
    } catch (error) {
      throw new Error(`cannot read the directory of monitors: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Calls back when something in the directory has changed and it has been quiet for a moment. */
  watch(changed: () => void): void {
    this.#watcher = watch(this.path, { persistent: false }, () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(changed, QUIET);
    });
    // The directory itself went away: what runs goes on.
    this.#watcher.on("error", () => this.close());
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#watcher?.close();
  }
}
