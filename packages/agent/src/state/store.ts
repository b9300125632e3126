/**
 * What the agent knows of its monitors when it starts again:
 *
 *     DIRECTORY/lock                  held by the agent that uses it
 *     DIRECTORY/monitors/NAME.json    a MonitorRecord
 *     DIRECTORY/sources/DIGEST/FILE   the files of a version, by their digest
 *
 * Each file is replaced whole: written beside it, flushed, renamed.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { digestOf, type MonitorFiles } from "../monitor/files.ts";
import { checkRecord, type MonitorRecord } from "./record.ts";

export interface StateStore {
  read(name: string): MonitorRecord | undefined;
  write(name: string, record: MonitorRecord): void;
  remove(name: string): void;
  names(): readonly string[];
  /** Keeps a version's files; returns their digest. */
  keepFiles(files: MonitorFiles): string;
  /** @throws {Error} they are not kept any more */
  files(digest: string): MonitorFiles;
  /** Forgets all files but those of these digests. */
  keepOnly(digests: ReadonlySet<string>): void;
}

/** Kept for as long as the process lives. */
export class MemoryStore implements StateStore {
  readonly #records = new Map<string, MonitorRecord>();
  readonly #files = new Map<string, MonitorFiles>();

  read(name: string): MonitorRecord | undefined {
    return this.#records.get(name);
  }

  write(name: string, record: MonitorRecord): void {
    this.#records.set(name, record);
  }

  remove(name: string): void {
    this.#records.delete(name);
  }

  names(): readonly string[] {
    return [...this.#records.keys()];
  }

  keepFiles(files: MonitorFiles): string {
    const digest = digestOf(files);
    this.#files.set(digest, files);
    return digest;
  }

  files(digest: string): MonitorFiles {
    const files = this.#files.get(digest);
    if (files === undefined) throw new Error(`the files of version ${digest.slice(0, 12)} are not kept any more`);
    return files;
  }

  keepOnly(digests: ReadonlySet<string>): void {
    for (const digest of this.#files.keys()) if (!digests.has(digest)) this.#files.delete(digest);
  }
}

export class FileStore implements StateStore {
  readonly #monitors: string;
  readonly #sources: string;
  readonly #warn: (message: string) => void;

  /** @param warn told of records that cannot be read; they are put aside */
  constructor(directory: string, warn: (message: string) => void) {
    this.#monitors = join(directory, "monitors");
    this.#sources = join(directory, "sources");
    this.#warn = warn;
    mkdirSync(this.#monitors, { recursive: true, mode: 0o700 });
    mkdirSync(this.#sources, { recursive: true, mode: 0o700 });
  }

  read(name: string): MonitorRecord | undefined {
    const file = this.#record(name);
    const text = readIfThere(file);
    if (text === undefined) return undefined;
    try {
      return checkRecord(JSON.parse(text.toString("utf8")));
    } catch (error) {
      renameSync(file, `${file}.unreadable`);
      this.#warn(`${file} cannot be read and is now ${file}.unreadable: ${(error as Error).message}`);
      return undefined;
    }
  }

  write(name: string, record: MonitorRecord): void {
    replaceFile(this.#record(name), Buffer.from(`${JSON.stringify(record)}\n`));
  }

  remove(name: string): void {
    rmSync(this.#record(name), { force: true });
  }

  names(): readonly string[] {
    return readdirSync(this.#monitors).flatMap((file) =>
      file.endsWith(".json") ? [file.slice(0, -".json".length)] : [],
    );
  }

  keepFiles(files: MonitorFiles): string {
    const digest = digestOf(files);
    const directory = join(this.#sources, digest);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const [name, bytes] of Object.entries(files.files)) replaceFile(join(directory, name), bytes);
    replaceFile(join(directory, MAIN), Buffer.from(files.main));
    return digest;
  }

  files(digest: string): MonitorFiles {
    const directory = join(this.#sources, digest);
    const main = readIfThere(join(directory, MAIN))?.toString("utf8");
    if (main === undefined) throw new Error(`the files of version ${digest.slice(0, 12)} are not kept any more`);
    const names = readdirSync(directory).filter((name) => name !== MAIN);
    return { main, files: Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name))])) };
  }

  keepOnly(digests: ReadonlySet<string>): void {
    for (const name of readdirSync(this.#sources))
      if (!digests.has(name)) rmSync(join(this.#sources, name), { recursive: true });
  }

  #record(name: string): string {
    return join(this.#monitors, `${name}.json`);
  }
}

/** Names the file that a version begins with; no monitor's file is called so. */
const MAIN = ".main";

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whoever reads it finds the old content or the new one, also after a power failure. */
function replaceFile(file: string, bytes: Uint8Array): void {
  const beside = `${file}.new`;
  const fd = openSync(beside, "w", 0o600);
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(beside, file);
}
