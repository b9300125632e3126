/** A file that is sent to an agent. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { FileError } from "../../files.ts";

export interface MonitorFile {
  /** Its name, whose ending says what it is. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** Errors: FileError. */
export async function monitorFile(path: string): Promise<MonitorFile> {
  try {
    return { file: basename(path), bytes: await readFile(path) };
  } catch (error) {
    throw new FileError("cannot read the monitor", path, error);
  }
}
