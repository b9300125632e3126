/**
 * A script and all that it imports, parsed: files follow one another in one text, so that every place
 * in it is one number. What is imported stands before what imports it; each file is taken once.
 */
import { Diagnostics, type Diagnostic, type SourcePart, type SourceText } from "../diagnostics/index.ts";
import type { Import, Script, Span } from "./ast.ts";
import * as messages from "./messages/macros.ts";
import { parse, type ParseOptions } from "./parser/script.ts";

/**
 * Reads what a script imports.
 * @param path as written: "x.bt", "types.h", or a folder
 * @param from the name of the file that imports it
 * @returns one file, or those of a folder; a text says why there is none
 */
export type ImportReader = (path: string, from: string) => readonly SourceText[] | string;

const MAX_FILES = 200;
/** UTF-16 code units of all files together. */
const MAX_TEXT = 4 << 20;

export interface ParsedFiles {
  readonly script: Script;
  readonly source: SourceText;
  readonly diagnostics: readonly Diagnostic[];
}

export function parseFiles(
  source: SourceText,
  read: ImportReader | undefined,
  options: ParseOptions = {},
): ParsedFiles {
  const files = new Files(source, read, options);
  const script = files.parse(0, {});
  return { script: files.join(script), source: files.source, diagnostics: files.diagnostics.list };
}

class Files {
  readonly diagnostics = new Diagnostics();
  readonly #read: ImportReader | undefined;
  readonly #options: ParseOptions;
  readonly #name: string;
  readonly #parts: SourcePart[] = [];
  readonly #seen: Set<string>;
  readonly #imported: Script[] = [];
  #text: string;

  constructor({ name, text }: SourceText, read: ImportReader | undefined, options: ParseOptions) {
    this.#name = name;
    this.#text = text;
    this.#read = read;
    this.#options = options;
    this.#seen = new Set([name]);
  }

  get source(): SourceText {
    const whole = { name: this.#name, text: this.#text };
    return this.#parts.length === 0 ? whole : { ...whole, parts: this.#parts };
  }

  /** Parses the text from `start` on, and what it imports. */
  parse(start: number, options: ParseOptions): Script {
    const from = this.#parts.at(-1)?.name ?? this.#name;
    const { script, diagnostics } = parse(this.#text, { ...this.#options, ...options, start });
    for (const diagnostic of diagnostics) this.diagnostics.add(diagnostic);
    for (const entry of script.imports) this.#import(entry, from);
    return script;
  }

  #import({ path, span }: Import, from: string): void {
    if (path.endsWith(".bpf.c")) return this.diagnostics.report(messages.importedC, span, path);
    if (this.#read === undefined) return this.diagnostics.report(messages.noImports, span);
    const found = this.#read(path, from);
    if (typeof found === "string") return this.diagnostics.report(messages.importFailed, span, path, found);
    for (const file of found) this.#take(file, span);
  }

  #take({ name, text }: SourceText, span: Span): void {
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    if (this.#seen.size > MAX_FILES || this.#text.length + text.length > MAX_TEXT)
      return this.diagnostics.report(messages.tooManyImports, span, MAX_FILES, MAX_TEXT >> 20);
    const start = this.#text.length + 1;
    this.#text += `\n${text}`;
    this.#parts.push({ name, start });
    this.#imported.push(this.parse(start, name.endsWith(".h") ? { role: "header" } : { role: "library" }));
  }

  /** One script of all files. */
  join(main: Script): Script {
    if (this.#imported.length === 0) return main;
    const all = [...this.#imported, main];
    return {
      ...main,
      declarations: all.flatMap(({ declarations }) => declarations),
      config: all.flatMap(({ config }) => config),
      maps: all.flatMap(({ maps }) => maps),
      macros: all.flatMap(({ macros }) => macros),
      probes: all.flatMap(({ probes }) => probes),
    };
  }
}
