/** The files that a script imports: looked up beside the file that names them. */
import { readdirSync, statSync } from "node:fs";
import { dirname, join, normalize, relative, resolve } from "node:path";
import type { SourceText } from "@sonde/compiler";
import { FileError } from "./files.ts";
import { readScriptFile } from "./script.ts";

/** Files of one folder that are taken. */
const SUFFIXES = [".bt", ".h"];

/**
 * Reads what a script imports, as the compiler asks for it.
 * @param script the script's path; undefined where it has none, and paths start at the working directory
 */
export function importReader(
  script: string | undefined,
): (path: string, from: string) => readonly SourceText[] | string {
  const base = script === undefined ? process.cwd() : dirname(resolve(script));
  /** Folders of imported files by the names that they have in messages. */
  const folders = new Map<string, string>();
  const read = (file: string): SourceText => {
    const name = relative(base, file);
    folders.set(name, dirname(file));
    return { name, text: readScriptFile(file) };
  };
  return (path, from) => {
    const file = normalize(join(folders.get(from) ?? base, path));
    try {
      if (!statSync(file).isDirectory()) return [read(file)];
      const names = readdirSync(file).filter((name) => SUFFIXES.some((suffix) => name.endsWith(suffix)));
      return names.length === 0
        ? `the folder ${path} holds no .bt or .h file`
        : names.sort().map((name) => read(join(file, name)));
    } catch (error) {
      const known = error instanceof FileError || !(error instanceof Error && "code" in error);
      return known ? (error as Error).message : new FileError("cannot read it", path, error).message;
    }
  };
}
