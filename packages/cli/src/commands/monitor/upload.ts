/** A file that is sent to an agent. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { FileError } from "../../files.ts";

export interface MonitorFile {
  /** Its name, whose ending says what it is. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** What `sonde sign` left beside it: base64. */
  readonly signature?: string;
}

/** With its signature, if there is one beside it. Errors: FileError; Error for a signature that is none. */
export async function monitorFile(path: string): Promise<MonitorFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new FileError("cannot read the monitor", path, error);
  }
  const signature = await signatureOf(path);
  return { file: basename(path), bytes, ...(signature !== undefined && { signature }) };
}

async function signatureOf(path: string): Promise<string | undefined> {
  const file = `${path}.sig`;
  let text: string;
  try {
    text = (await readFile(file, "latin1")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new FileError("cannot read the monitor's signature", file, error);
  }
  if (/^[A-Za-z0-9+/]+=*$/.test(text)) return text;
  throw new Error(`${file} is no signature in base64: make it anew with 'sonde sign --key KEY ${path}', or remove it`);
}
