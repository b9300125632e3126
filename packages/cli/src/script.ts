/** The script that `sonde trace` is to run. */
import { closeSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import type { SourceText } from "@sonde/compiler";
import { type ParsedArguments, UsageError } from "./command.ts";
import { FileError } from "./files.ts";

export interface ScriptInput {
  readonly source: SourceText;
  /** Its path, if it has one. */
  readonly file?: string;
  /** The words that are the script's own: `$1` and those after it. */
  readonly params: readonly string[];
  /** `--name=value` among those words: what getopt() reads. */
  readonly named: Readonly<Record<string, string>>;
}

/** Nobody writes as much by hand: what is longer is not a script. */
const MOST_BYTES = 1024 * 1024;

/**
 * From `-e`, or from the file that the first word names; "-" is standard input.
 * @throws {UsageError} neither is given
 * @throws {FileError} the file cannot be read
 * @throws {Error} it is too large or no text
 */
export function readScript(args: ParsedArguments): ScriptInput {
  const text = args.value("execute");
  if (text !== undefined) return { source: { name: "-e", text }, ...scriptWords(args.words) };
  const [file, ...words] = args.words;
  if (file === undefined) throw new UsageError("name a script's file, or give the script itself with -e");
  const name = file === "-" ? "standard input" : file;
  const source = { name: file === "-" ? "stdin" : basename(file), text: decode(name, readFile(file)) };
  return { source, ...scriptWords(words), ...(file === "-" ? {} : { file }) };
}

/**
 * The text of a file that a script imports.
 * @throws {FileError} it cannot be read
 * @throws {Error} it is too large or no text
 */
export function readScriptFile(file: string): string {
  return decode(file, readFile(file));
}

function scriptWords(words: readonly string[]): Pick<ScriptInput, "params" | "named"> {
  const named: Record<string, string> = {};
  const params = words.filter((word, index) => {
    const [, name, value = ""] = /^--([A-Za-z_][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name !== undefined) named[name] = value;
    return name === undefined && !(word === "--" && index === 0);
  });
  return { params, named };
}

/** No more than one byte beyond the limit is read, so that a device or a pipe without an end does no harm. */
function readFile(file: string): Uint8Array {
  let fd: number | undefined;
  try {
    fd = file === "-" ? 0 : openSync(file, "r");
    const chunks: Uint8Array[] = [];
    let size = 0;
    while (size <= MOST_BYTES) {
      const chunk = new Uint8Array(Math.min(64 * 1024, MOST_BYTES + 1 - size));
      const read = readSync(fd, chunk);
      if (read === 0) break;
      chunks.push(chunk.subarray(0, read));
      size += read;
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw new FileError("cannot read the script", file, error);
  } finally {
    if (fd !== undefined && fd !== 0) closeSync(fd);
  }
}

function decode(name: string, bytes: Uint8Array): string {
  if (bytes.length > MOST_BYTES)
    throw new Error(`cannot read the script: ${name} is larger than 1 MiB, the most that a script may be`);
  if (bytes.includes(0)) throw new Error(`cannot read the script: ${name} holds binary data`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new FileError("cannot read the script", name, error, `${name} is not text in UTF-8`);
  }
}
