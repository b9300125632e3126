/**
 * Where the maps of a hosted object's versions are pinned: a folder for each version, which has all of its
 * maps, those that it took over from the version before too. So a version is whole wherever a process ends.
 *
 *     FOLDER/maps-1/AT_calls   FOLDER/maps-2/AT_calls (the same map)   FOLDER/maps-2/AT_sizes
 */
import { mkdirSync, readdirSync, unlinkSync } from "node:fs";
import { removePins } from "@sonde/kernel/handover";
import { type BpfMap, openPinnedMap } from "@sonde/kernel/maps";
import { type Kernel, KernelError } from "@sonde/kernel/sys";

const PREFIX = "maps-";

export class MapPins {
  readonly #kernel: Kernel;
  readonly #folder: string | undefined;

  /** @param folder on a BPF file system; without one nothing is pinned */
  constructor(kernel: Kernel, folder: string | undefined) {
    this.#kernel = kernel;
    this.#folder = folder;
  }

  /** Errors: KernelError; nothing is pinned then. */
  pin(version: number, maps: Iterable<BpfMap>): void {
    const folder = this.#of(version);
    if (folder === undefined) return;
    removePins(folder);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    try {
      for (const map of maps) map.pin(`${folder}/${fileName(map.name)}`);
    } catch (error) {
      removePins(folder);
      throw error;
    }
  }

  /** Those of the wanted names that a version left. */
  open(version: number, names: Iterable<string>): Map<string, BpfMap> {
    const maps = new Map<string, BpfMap>();
    const folder = this.#of(version);
    if (folder === undefined) return maps;
    for (const name of names) {
      try {
        maps.set(name, openPinnedMap(this.#kernel, `${folder}/${fileName(name)}`, name));
      } catch (error) {
        // It has no such map: ENOENT.
        if (!(error instanceof KernelError)) throw error;
      }
    }
    return maps;
  }

  /** Lets go of one map of a version. */
  remove(version: number, map: string): void {
    const folder = this.#of(version);
    if (folder !== undefined) unlinkSync(`${folder}/${fileName(map)}`);
  }

  /** Lets go of all versions but these. */
  keepOnly(versions: readonly number[]): void {
    if (this.#folder === undefined) return;
    const kept = new Set(versions.map((version) => `${PREFIX}${version}`));
    for (const name of namesIn(this.#folder))
      if (name.startsWith(PREFIX) && !kept.has(name)) removePins(`${this.#folder}/${name}`);
  }

  #of(version: number): string | undefined {
    return this.#folder === undefined ? undefined : `${this.#folder}/${PREFIX}${version}`;
  }
}

/** BPF file systems allow no dots: ".data" is "-2edata". */
function fileName(map: string): string {
  return map.replace(/[^A-Za-z0-9_]/g, (c) => `-${c.charCodeAt(0).toString(16)}`);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
