/** The monitor that a word names: a file, or one of those that come with Sonde. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type MonitorSource, monitorOfFile, type SourceFile, sourceOfFile } from "@sonde/agent/sources";
import { UsageError } from "../../command.ts";
import { FileError } from "../../files.ts";
import { nearest } from "../../nearest.ts";
import { shippedMonitors } from "../shipped-monitors.ts";

export interface MonitorFile {
  readonly name: string;
  readonly source: MonitorSource;
  readonly file: SourceFile;
}

/**
 * "biolatency" for one that comes with Sonde; what holds a `/` or ends like a monitor's file is a path.
 * @throws {UsageError} there is no such monitor
 * @throws {FileError} the file cannot be read
 * @throws {MonitorSourceError} it is no monitor's file
 */
export function findMonitor(word: string): MonitorFile {
  const isPath = word.includes("/") || monitorOfFile(word) !== undefined;
  if (isPath) return readMonitor(word);
  const shipped = listMonitors();
  const found = shipped.find(({ name }) => name === word);
  if (found !== undefined) return found;
  const names = shipped.map(({ name }) => name);
  const best = nearest(word, names);
  throw new UsageError(
    `there is no monitor '${word}'${best === undefined ? "." : `; did you mean '${best}'?`} There are ${names.join(", ")}; another one is named by its file`,
  );
}

/** Those that come with Sonde, sorted by name. */
export function listMonitors(): readonly MonitorFile[] {
  const directory = shippedMonitors();
  return readdirSync(directory)
    .sort()
    .filter((file) => monitorOfFile(file) !== undefined)
    .map((file) => readMonitor(join(directory, file)));
}

function readMonitor(path: string): MonitorFile {
  const file = basename(path);
  const { name, source } = sourceOfFile(file);
  return {
    name,
    source,
    file: {
      name: file,
      bytes: read(path),
      beside: (other) => {
        const sibling = join(dirname(path), basename(other));
        return existsSync(sibling) ? read(sibling) : undefined;
      },
    },
  };
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new FileError("cannot read the monitor", path, error);
  }
}
