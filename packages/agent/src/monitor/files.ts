/** The bytes of one version of a monitor, wherever they came from. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { SIGNATURE_SUFFIX } from "../security/signatures.ts";
import type { MonitorSource, SourceFile } from "./source.ts";

export interface MonitorFiles {
  /** The file that the others belong to: "runqlat.bt". */
  readonly main: string;
  /** All of them, by their names. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** The same for the same bytes under the same names. */
export function digestOf({ main, files }: MonitorFiles): string {
  const hash = createHash("sha256").update(main);
  for (const name of Object.keys(files).sort()) {
    const bytes = files[name]!;
    hash.update(`\0${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

export function sourceFile({ main, files }: MonitorFiles): SourceFile {
  return { name: main, bytes: files[main] ?? new Uint8Array(0), beside: (name) => files[basename(name)] };
}

/** Errors: those of node:fs for the main file; parts that are missing are for the source to complain about. */
export function readFiles(directory: string, main: string, source: MonitorSource): MonitorFiles {
  const files: Record<string, Uint8Array> = { [main]: readFileSync(join(directory, main)) };
  const parts = [main, ...(source.parts?.(main) ?? [])];
  for (const part of [...parts.slice(1), ...parts.map((name) => `${name}${SIGNATURE_SUFFIX}`)]) {
    try {
      files[part] = readFileSync(join(directory, basename(part)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return { main, files };
}
