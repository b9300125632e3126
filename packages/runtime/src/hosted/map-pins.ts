/**
 * Where the maps of a hosted object's versions are pinned: a folder for each version, which has all of its
 * maps, those that it took over from the version before too. So a version is whole wherever a process ends.
 *
 *     FOLDER/maps-1/AT_calls   FOLDER/maps-2/AT_calls (the same map)   FOLDER/maps-2/AT_sizes
 *                              FOLDER/maps-2/AT_sizes~0 (its base)
 */
import { mkdirSync, readdirSync, unlinkSync } from "node:fs";
import { removePins } from "@sonde/kernel/handover";
import { type BpfMap, openPinnedMap } from "@sonde/kernel/maps";
import { type Kernel, KernelError } from "@sonde/kernel/sys";
import type { Bases } from "./bases.ts";

const PREFIX = "maps-";
/** No map's file has it in its name. */
const BASE = "~";

export class MapPins {
  readonly #kernel: Kernel;
  readonly #folder: string | undefined;

  /** @param folder on a BPF file system; without one nothing is pinned */
  constructor(kernel: Kernel, folder: string | undefined) {
    this.#kernel = kernel;
    this.#folder = folder;
  }

  /** Errors: KernelError; nothing is pinned then. */
  pin(version: number, maps: Iterable<BpfMap>, bases: Bases): void {
    const folder = this.#of(version);
    if (folder === undefined) return;
    removePins(folder);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    try {
      for (const map of maps) map.pin(`${folder}/${fileName(map.name)}`);
      this.#pinBases(folder, bases);
    } catch (error) {
      removePins(folder);
      throw error;
    }
  }

  /** A version that is not the one to be taken up has other bases from now on. Errors: KernelError. */
  rebase(version: number, bases: Bases): void {
    const folder = this.#of(version);
    if (folder === undefined) return;
    for (const name of namesIn(folder)) if (name.includes(BASE)) unlinkSync(`${folder}/${name}`);
    this.#pinBases(folder, bases);
  }

  #pinBases(folder: string, bases: Bases): void {
    for (const [name, maps] of bases) for (const [i, map] of maps.entries()) map.pin(`${folder}/${baseName(name, i)}`);
  }

  /** Those of the wanted maps' bases that a version left. */
  openBases(version: number, counts: Iterable<readonly [map: string, bases: number]>): Map<string, readonly BpfMap[]> {
    return new Map(
      Array.from(counts, ([name, count]) => {
        const files = Array.from({ length: count }, (_, i) => baseName(name, i));
        return [name, files.flatMap((file) => this.#open(version, file, name) ?? [])] as const;
      }),
    );
  }

  /** Those of the wanted names that a version left. */
  open(version: number, names: Iterable<string>): Map<string, BpfMap> {
    const maps = new Map<string, BpfMap>();
    for (const name of names) {
      const map = this.#open(version, fileName(name), name);
      if (map !== undefined) maps.set(name, map);
    }
    return maps;
  }

  #open(version: number, file: string, name: string): BpfMap | undefined {
    const folder = this.#of(version);
    try {
      return folder === undefined ? undefined : openPinnedMap(this.#kernel, `${folder}/${file}`, name);
    } catch (error) {
      // It has no such map: ENOENT.
      if (!(error instanceof KernelError)) throw error;
      return undefined;
    }
  }

  /** Lets go of one map of a version, and of its bases. */
  remove(version: number, map: string): void {
    const folder = this.#of(version);
    if (folder === undefined) return;
    unlinkSync(`${folder}/${fileName(map)}`);
    for (const name of namesIn(folder)) if (name.startsWith(`${fileName(map)}${BASE}`)) unlinkSync(`${folder}/${name}`);
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

function baseName(map: string, index: number): string {
  return `${fileName(map)}${BASE}${index}`;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
