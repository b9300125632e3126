/** C's text as tokens, each with its place in the script. */
import type { Span } from "../ast.ts";

export interface CToken {
  readonly kind: "name" | "number" | "string" | "character" | "punctuation";
  readonly text: string;
  readonly span: Span;
  /** Macros that this token came out of: it is not expanded by them again. */
  readonly hidden?: ReadonlySet<string>;
}

const TOKEN =
  /([A-Za-z_]\w*)|(\.?\d(?:[\w.]|[eEpP][+-])*)|("(?:[^"\\\n]|\\.)*")|('(?:[^'\\\n]|\\.)*')|(<<=|>>=|\.\.\.|##|->|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>=?:;,.()[\]{}#])/y;
const BLANK = /(?:\s|\\\r?\n|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))*/y;
const KINDS = ["name", "number", "string", "character", "punctuation"] as const;

/** Every token of `text`, which starts at `start` in the script. What is none (a stray character) is left out. */
export function tokenize(text: string, start: number): readonly CToken[] {
  const tokens: CToken[] = [];
  for (let at = 0; at < text.length;) {
    BLANK.lastIndex = at;
    BLANK.exec(text);
    at = BLANK.lastIndex;
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) {
      at++;
      continue;
    }
    const kind = KINDS[match.slice(1).findIndex((group) => group !== undefined)] ?? "punctuation";
    tokens.push({ kind, text: match[0], span: { start: start + at, end: start + TOKEN.lastIndex } });
    at = TOKEN.lastIndex;
  }
  return tokens;
}
