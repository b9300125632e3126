/**
 * Lines that start with `#`. Conditions are answered here, by the macros defined so far, so that what
 * they leave out is never parsed; #include, #define and #undef are kept for the checker.
 */
import type { CDeclaration, Import, Span } from "../ast.ts";
import { isKernelHeader } from "../c/constants.ts";
import { holds } from "../c/conditions.ts";
import { Macros } from "../c/macros.ts";
import * as declarationMessages from "../messages/declarations.ts";
import * as messages from "../messages/syntax.ts";
import type { Cursor } from "./cursor.ts";

/** A condition whose #endif is still to come. */
interface Open {
  readonly name: string;
  readonly span: Span;
}

export class Directives {
  readonly #macros = new Macros();
  readonly #open: Open[] = [];

  /** `predefined`: macros that every script finds defined, with their values. */
  constructor(predefined: Readonly<Record<string, string>>) {
    for (const [name, value] of Object.entries(predefined)) this.#macros.predefine(name, value);
    this.#macros.define("#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))", 0);
  }

  /** Takes one directive; what it defines, if anything. */
  take(cursor: Cursor): CDeclaration | Import | undefined {
    const { start, end, text } = cursor.token;
    const span = { start, end };
    if (text.startsWith("#!")) {
      cursor.advance();
      return undefined;
    }
    const { name, argument } = parts(text);
    switch (name) {
      case "if":
      case "ifdef":
      case "ifndef":
        this.#open.push({ name, span });
        if (this.#holds(cursor, name, argument, span)) cursor.advance();
        else this.#skip(cursor, false);
        return undefined;
      case "else":
      case "elif":
        if (this.#open.length === 0) cursor.diagnostics.report(declarationMessages.straysDirective, span, name);
        // The branch before this was taken.
        this.#skip(cursor, true);
        return undefined;
      case "endif":
        if (this.#open.pop() === undefined) cursor.diagnostics.report(declarationMessages.straysDirective, span, name);
        cursor.advance();
        return undefined;
      case "pragma":
      case "line":
      case "warning":
      case "":
        cursor.advance();
        return undefined;
      case "error":
        cursor.diagnostics.report(declarationMessages.errorDirective, span, argument);
        cursor.advance();
        return undefined;
      case "define":
        this.#macros.define(text, start);
        break;
      case "undef":
        this.#macros.undefine(argument);
        break;
      case "include": {
        // A file of one's own; others are the kernel's.
        const path = /^"([^"]+)"$/.exec(argument)?.[1];
        if (path === undefined || isKernelHeader(path)) break;
        cursor.advance();
        return { kind: "import", path, span };
      }
      default:
        cursor.diagnostics.report(messages.syntaxNotSupported, span, `#${name} is`);
        cursor.advance();
        return undefined;
    }
    cursor.advance();
    return { kind: "cDeclaration", span, text };
  }

  /** At the end of the text, every condition must be closed. */
  finish(cursor: Cursor): void {
    for (const { name, span } of this.#open)
      cursor.diagnostics.report(declarationMessages.unclosedCondition, span, name);
  }

  #holds(cursor: Cursor, name: string, condition: string, span: Span): boolean {
    const answer = holds(name, condition, this.#macros);
    if (answer === undefined) cursor.diagnostics.report(declarationMessages.conditionNotConstant, span, name);
    return answer ?? false;
  }

  /** Over the lines of branches that are not taken, to what follows the #else or #elif that is, or the #endif. */
  #skip(cursor: Cursor, taken: boolean): void {
    const lines = /^[ \t]*#[ \t]*(\w+).*$/gm;
    lines.lastIndex = cursor.token.end;
    let depth = 1;
    for (let line = lines.exec(cursor.text); line !== null; line = lines.exec(cursor.text)) {
      const { name, argument } = parts(line[0].trim());
      if (name.startsWith("if")) depth++;
      else if (name === "endif") depth--;
      const span = { start: line.index, end: lines.lastIndex };
      const opens =
        depth === 1 && !taken && (name === "else" || (name === "elif" && this.#holds(cursor, "if", argument, span)));
      if (depth === 0) this.#open.pop();
      if (depth === 0 || opens) return cursor.seek(lines.lastIndex);
    }
    cursor.seek(cursor.text.length);
  }
}

/** "#define X 1 // one" is "define" and "X 1". */
function parts(text: string): { readonly name: string; readonly argument: string } {
  const [, name = "", argument = ""] = /^#\s*(\w*)\s*(.*?)\s*$/s.exec(text) ?? [];
  return { name, argument: argument.replace(/\s*(\/\/.*|\/\*.*\*\/)\s*$/s, "") };
}
