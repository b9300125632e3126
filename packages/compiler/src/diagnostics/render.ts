/**
 * A diagnostic as text:
 *
 *     error[SND1302]: undefined variable $durtion
 *       --> slow.bt:3:25
 *        |
 *      3 |   printf("%d\n", $durtion);
 *        |                  ^^^^^^^^
 *       help: did you mean $duration?
 */
import type { Diagnostic, SourceSpan } from "./diagnostic.ts";
import { frame } from "./frame.ts";
import { locate, partAt, type SourceText } from "./source.ts";

export interface RenderOptions {
  /** Mark with ANSI colours. */
  readonly color?: boolean;
}

/** Several lines, ended by a newline. `source` is the text of spans that do not name their own. */
export function render(diagnostic: Diagnostic, source: SourceText, options: RenderOptions = {}): string {
  const paint = options.color === true ? ansi : plain;
  const accent = diagnostic.severity === "error" ? RED : YELLOW;
  const lines = [
    `${paint(`${diagnostic.severity}[${diagnostic.code}]`, accent)}${paint(`: ${diagnostic.message}`, BOLD)}`,
    ...place(source, diagnostic.span, (text) => paint(text, accent), paint),
  ];
  if (diagnostic.hint !== undefined) lines.push(`  ${paint("help", GREEN)}: ${diagnostic.hint}`);
  for (const note of diagnostic.notes) {
    lines.push(`  ${paint("note", BLUE)}: ${note.message}`);
    if (note.span !== undefined) lines.push(...place(source, note.span, (text) => paint(text, BLUE), paint));
  }
  return `${lines.join("\n")}\n`;
}

function place(main: SourceText, span: SourceSpan, mark: (text: string) => string, paint: Paint): string[] {
  const source = span.source ?? main;
  const { name, start } = partAt(source, span.start);
  const at = locate(source.text, span.start, start);
  const { text, underline } = frame(source.text, span);
  const number = String(at.line);
  const gutter = `${" ".repeat(number.length + 2)}${paint("|", BLUE)}`;
  return [
    ` ${" ".repeat(number.length)}${paint("-->", BLUE)} ${name}:${at.line}:${at.column}`,
    gutter,
    ` ${paint(`${number} |`, BLUE)} ${text}`,
    `${gutter} ${underline.replace(/\^+/, mark)}`,
  ];
}

type Paint = (text: string, code: number) => string;
const BOLD = 1;
const RED = 31;
const GREEN = 32;
const YELLOW = 33;
const BLUE = 34;

function ansi(text: string, code: number): string {
  return `\x1b[${code}m${text}\x1b[0m`;
}

function plain(text: string): string {
  return text;
}
