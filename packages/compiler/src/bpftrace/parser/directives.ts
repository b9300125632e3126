/**
 * Lines that start with `#`. Conditions on BPFTRACE_HAVE_BTF, by which scripts choose between kernel
 * headers and BTF, are answered here; #include and #define are kept for the checker.
 */
import type { CDeclaration } from "../ast.ts";
import * as messages from "../messages/syntax.ts";
import type { Cursor } from "./cursor.ts";

/** Takes one directive; what it defines, if anything. */
export function skipDirective(cursor: Cursor): CDeclaration | undefined {
  const { start, end, text } = cursor.token;
  if (start === 0 && text.startsWith("#!")) {
    cursor.advance();
    return undefined;
  }
  const [, name = "", argument = ""] = /^#\s*(\w*)\s*(.*?)\s*$/s.exec(text) ?? [];
  switch (name) {
    case "ifdef":
    case "ifndef":
      if ((argument === "BPFTRACE_HAVE_BTF") === (name === "ifdef")) cursor.advance();
      else skipBranch(cursor);
      return undefined;
    case "else":
    case "elif":
      // The branch before this was taken.
      skipBranch(cursor);
      return undefined;
    case "endif":
    case "pragma":
      cursor.advance();
      return undefined;
    case "include":
    case "define":
      cursor.advance();
      return { kind: "cDeclaration", span: { start, end }, text };
    default:
      cursor.diagnostics.report(messages.syntaxNotSupported, { start, end }, `#${name} is`);
      cursor.advance();
      return undefined;
  }
}

/** Over the lines of a branch that is not taken, to what follows its #else or #endif. */
function skipBranch(cursor: Cursor): void {
  const lines = /^[ \t]*#[ \t]*(\w+).*$/gm;
  lines.lastIndex = cursor.token.end;
  let open = 1;
  for (let line = lines.exec(cursor.text); line !== null; line = lines.exec(cursor.text)) {
    const name = line[1] ?? "";
    if (name.startsWith("if")) open++;
    else if (name === "endif") open--;
    if (open === 0 || (open === 1 && name === "else")) {
      cursor.seek(lines.lastIndex);
      return;
    }
  }
  cursor.seek(cursor.text.length);
}
