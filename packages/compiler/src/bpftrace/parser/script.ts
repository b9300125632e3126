/** A whole script: the preamble, then probes. */
import { Diagnostics, type Diagnostic } from "../../diagnostics/index.ts";
import type { CDeclaration, ConfigEntry, Import, Macro, MapDeclaration, Probe, Script } from "../ast.ts";
import * as messages from "../messages/syntax.ts";
import { Cursor } from "./cursor.ts";
import { Directives } from "./directives.ts";
import { parseProbe } from "./probes.ts";
import { parseBlockExpression } from "./statements.ts";

/** UTF-16 code units. */
export const MAX_SOURCE: number = 1 << 20;

export interface Parsed {
  /** What could be understood; to be used only if no diagnostic is an error. */
  readonly script: Script;
  readonly diagnostics: readonly Diagnostic[];
}

export interface ParseOptions {
  /** Macros that #if and its like find defined, with their values. */
  readonly predefined?: Readonly<Record<string, string>>;
  /** Where the file begins in the text; 0 if not given. */
  readonly start?: number;
  /** "script" if not given: it must have probes. A header is C: what is no type or directive is passed over. */
  readonly role?: "script" | "library" | "header";
}

/** Reads the text of a script. Never throws: whatever is wrong is in the diagnostics. */
export function parse(source: string, options: ParseOptions = {}): Parsed {
  const diagnostics = new Diagnostics();
  const parts: Parts = { declarations: [], config: [], maps: [], macros: [], imports: [], probes: [] };
  if (source.length > MAX_SOURCE) {
    diagnostics.report(messages.tooLarge, { start: 0, end: 1 }, source.length, MAX_SOURCE);
  } else {
    const cursor = new Cursor(source, diagnostics, options.start);
    const directives = new Directives({ BPFTRACE_HAVE_BTF: "1", ...options.predefined });
    const topLevel = options.role === "header" ? parseHeaderPart : parseTopLevel;
    while (cursor.token.kind !== "end" && !diagnostics.full) {
      cursor.recovering(
        () => topLevel(cursor, parts, directives),
        () => cursor.skipBlock(),
      );
    }
    directives.finish(cursor);
    if ((options.role ?? "script") === "script" && parts.probes.length === 0 && !diagnostics.failed)
      diagnostics.report(messages.noProbes, { start: 0, end: source.length });
  }
  return {
    script: { kind: "script", span: { start: 0, end: source.length }, ...parts },
    diagnostics: diagnostics.list,
  };
}

interface Parts {
  readonly declarations: CDeclaration[];
  readonly config: ConfigEntry[];
  readonly maps: MapDeclaration[];
  readonly macros: Macro[];
  readonly imports: Import[];
  readonly probes: Probe[];
}

/** Types and directives of a C header; functions and variables say nothing to a script. */
function parseHeaderPart(cursor: Cursor, parts: Parts, directives: Directives): void {
  const { kind, text } = cursor.token;
  if (kind === "directive" || (kind === "identifier" && DEFINITIONS.includes(text)))
    return parseTopLevel(cursor, parts, directives);
  cursor.skipStatement();
  if (cursor.at("}")) cursor.advance();
}

const DEFINITIONS: readonly string[] = ["struct", "union", "enum", "typedef"];

function parseTopLevel(cursor: Cursor, parts: Parts, directives: Directives): void {
  const { token } = cursor;
  if (token.kind === "directive") {
    const taken = directives.take(cursor);
    if (taken?.kind === "import") parts.imports.push(taken);
    else if (taken !== undefined) parts.declarations.push(taken);
    return;
  }
  switch (token.kind === "identifier" ? token.text : "") {
    case "struct":
    case "union":
    case "enum":
    case "typedef":
      preamble(cursor, parts, "a C definition");
      parts.declarations.push(parseDefinition(cursor));
      return;
    case "config":
      if (cursor.peek().text !== "=") break;
      preamble(cursor, parts, "config");
      parts.config.push(...parseConfig(cursor));
      return;
    case "let":
      preamble(cursor, parts, "a map's declaration");
      parts.maps.push(parseMapDeclaration(cursor));
      return;
    case "macro":
      if (cursor.peek().kind !== "identifier") break;
      parts.macros.push(parseMacro(cursor));
      return;
    case "import":
      if (cursor.peek().kind !== "string") break;
      parts.imports.push(parseImport(cursor));
      return;
  }
  parts.probes.push(parseProbe(cursor));
}

function preamble(cursor: Cursor, parts: Parts, what: string): void {
  if (parts.probes.length > 0) cursor.diagnostics.report(messages.preambleAfterProbe, cursor.token, what);
}

/** `struct name { ... };`, as text. The semicolon may be left out. */
function parseDefinition(cursor: Cursor): CDeclaration {
  const { start } = cursor.token;
  if (cursor.atWord("typedef")) {
    while (cursor.token.kind !== "end" && !cursor.at(";") && !cursor.at("{")) cursor.advance();
    if (cursor.at(";")) return declaration(cursor, start);
  }
  while (!cursor.at("{")) {
    if (cursor.at(";")) return declaration(cursor, start);
    if (cursor.token.kind !== "identifier") cursor.unexpected("{ and the members");
    if (cursor.advance().text === "__attribute__") skipBrackets(cursor);
  }
  const opening = cursor.token;
  cursor.skipBlock();
  if (cursor.token.kind === "end" && cursor.text[cursor.previousEnd - 1] !== "}")
    cursor.fail(messages.unclosed, opening, "{", "}");
  if (cursor.text.startsWith("typedef", start))
    while (cursor.token.kind !== "end" && !cursor.at(";") && !cursor.at("}")) cursor.advance();
  else
    while (cursor.atWord("__attribute__") || cursor.atWord("__packed"))
      if (cursor.advance().text === "__attribute__") skipBrackets(cursor);
  return declaration(cursor, start);
}

/** Over `((packed))`. */
function skipBrackets(cursor: Cursor): void {
  let open = 0;
  do {
    if (cursor.at("(")) open++;
    if (cursor.at(")")) open--;
    cursor.advance();
  } while (open > 0 && cursor.token.kind !== "end");
}

function declaration(cursor: Cursor, start: number): CDeclaration {
  cursor.accept(";");
  const span = cursor.span(start);
  return { kind: "cDeclaration", span, text: cursor.text.slice(span.start, span.end) };
}

/** `config = { name = value; ... }`; the last semicolon may be left out. */
function parseConfig(cursor: Cursor): ConfigEntry[] {
  cursor.advance();
  cursor.expect("=");
  const opening = cursor.expect("{");
  const entries: ConfigEntry[] = [];
  while (!cursor.at("}")) {
    const { start } = cursor.token;
    const name = cursor.expectName("a setting's name").text;
    cursor.expect("=");
    const { kind, text } = cursor.token;
    if (kind !== "identifier" && kind !== "int" && kind !== "string") cursor.unexpected("a setting's value");
    cursor.advance();
    entries.push({ kind: "config", span: cursor.span(start), name, value: text });
    if (!cursor.accept(";")) break;
  }
  cursor.close("}", opening);
  cursor.accept(";");
  return entries;
}

/** `import "path";`; the semicolon may be left out. */
function parseImport(cursor: Cursor): Import {
  const { start } = cursor.advance();
  const path = cursor.advance().text;
  const span = cursor.span(start);
  cursor.accept(";");
  return { kind: "import", path, span };
}

/** `macro name($variable, @map, expression) { ... }` */
function parseMacro(cursor: Cursor): Macro {
  const { start } = cursor.advance();
  const name = cursor.expectName("a macro's name");
  const opening = cursor.expect("(");
  const params: Macro["params"][number][] = [];
  while (!cursor.at(")") && cursor.token.kind !== "end") {
    const { kind, text } = cursor.token;
    const span = { start: cursor.token.start, end: cursor.token.end };
    if (kind === "variable") params.push({ kind, name: text, span });
    else if (kind === "map") params.push({ kind, name: text, keys: [], span });
    else if (kind === "identifier") params.push({ kind, name: text, span });
    else cursor.unexpected("a parameter: $variable, @map or the name of an expression");
    cursor.advance();
    if (!cursor.accept(",")) break;
  }
  cursor.close(")", opening);
  const body = parseBlockExpression(cursor);
  const nameSpan = { start: name.start, end: name.end };
  return { kind: "macro", name: name.text, nameSpan, params, body, span: cursor.span(start) };
}

/** `let @name = type(entries);` */
function parseMapDeclaration(cursor: Cursor): MapDeclaration {
  const { start } = cursor.advance();
  const name = cursor.token;
  if (name.kind !== "map") cursor.unexpected("a map's name, such as @x");
  cursor.advance();
  cursor.expect("=");
  const type = cursor.expectName("a map type, such as lruhash(1000)").text;
  const opening = cursor.expect("(");
  const size = cursor.token;
  if (size.kind !== "int") cursor.fail(messages.mapLimit, size);
  cursor.advance();
  cursor.close(")", opening);
  const span = cursor.span(start);
  cursor.expect(";");
  return { kind: "mapDeclaration", span, name: name.text, type, maxEntries: Number(size.value) };
}
