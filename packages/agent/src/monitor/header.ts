import { isNode, LineCounter, parseDocument } from "yaml";
import { checkDefinition, type Definition } from "./definition.ts";
import { MonitorSourceError } from "./source.ts";

/** A monitor's header cannot be used: where, and why. */
export class MonitorHeaderError extends MonitorSourceError {
  override readonly name: string = "MonitorHeaderError";
  /** From 1, in the monitor's file. */
  readonly line: number;
  constructor(file: string, line: number, message: string) {
    super(`${file}:${line}: ${message}`);
    this.line = line;
  }
}

/** No real header comes near it. */
const MAX_HEADER = 64 * 1024;

/**
 * Read the header of a monitor's source: the YAML between two lines of `---` in its first block comment.
 * A leading ` * ` on each line is taken off.
 * @param file the name for messages
 * @throws {MonitorHeaderError}
 */
export function readHeader(file: string, source: string): Definition {
  const { yaml, line } = headerText(file, source);
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines });
  const lineOf = (offset: number): number => line + lines.linePos(offset).line - 1;
  const broken = document.errors[0];
  if (broken !== undefined)
    throw new MonitorHeaderError(file, lineOf(broken.pos[0]), broken.message.replace(/ at line [\s\S]*/, ""));
  const result = checkDefinition(document.toJS({ maxAliasCount: 0 }));
  if ("definition" in result) return result.definition;
  const { path, message } = result.issue;
  throw new MonitorHeaderError(file, lineOf(offsetOf(document, path)), `${pathText(path)}${message}`);
}

function headerText(file: string, source: string): { yaml: string; line: number } {
  const comment = /^(?:#![^\n]*\n)?\s*\/\*([\s\S]*?)\*\//.exec(source);
  if (comment === null)
    throw new MonitorHeaderError(
      file,
      1,
      "a monitor starts with a comment that describes its metrics: /* --- (YAML) --- */",
    );
  const first = source.slice(0, comment.index + comment[0].indexOf("/*")).split("\n").length;
  const lines = comment[1]!
    .slice(0, MAX_HEADER)
    .split("\n")
    .map((text) => text.replace(/^\s*\* ?/, ""));
  const begin = lines.findIndex((text) => text.trim() === "---");
  const end = lines.findIndex((text, i) => i > begin && text.trim() === "---");
  if (begin < 0 || end < 0)
    throw new MonitorHeaderError(
      file,
      first,
      "the first comment has no description of metrics between two lines of ---",
    );
  return { yaml: lines.slice(begin + 1, end).join("\n"), line: first + begin + 1 };
}

/** Where the deepest part of a path that exists begins. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range !== undefined && node.range !== null) return node.range[0];
  }
  return 0;
}

function pathText(path: readonly (string | number)[]): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
  return text === "" ? "" : `${text.slice(1)}: `;
}
