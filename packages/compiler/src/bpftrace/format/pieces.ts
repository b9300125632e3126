/**
 * A script cut into pieces that formatting moves but never changes: comments, strings, preprocessor lines, attach
 * points, words and operators, each with the blank lines that stood before it.
 */
import { isInPath } from "../parser/probes.ts";

export interface Piece {
  readonly kind: "comment" | "directive" | "point" | "word" | "string" | "operator";
  readonly text: string;
  /** Line breaks between the piece before and this one. */
  readonly breaks: number;
}

const OPERATORS =
  /<<=|>>=|\.\.\.|\+\+|--|->|<<|>>|<=|>=|==|!=|&&|\|\||\+=|-=|\*=|\/=|%=|&=|\|=|\^=|\.\.|[+\-*/%&|^~!<>=?:;,.()[\]{}]/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const STRING = /"(?:\\[\s\S]|[^"\\])*"/y;
const WORD = /\$#|[$@#]?\w+|[$@]|[^\s\w]/y;
const DIRECTIVE = /#[^\n]*(?:\\\n[^\n]*)*/y;

/** Words that begin something else than a probe. */
const PREAMBLE = new Set(["config", "struct", "union", "enum", "typedef", "let", "macro", "import"]);

export function pieces(source: string): Piece[] {
  return new Cutter(source).cut();
}

class Cutter {
  readonly #source: string;
  readonly #found: Piece[] = [];
  #at: number = 0;
  #breaks: number = 0;
  #depth: number = 0;
  /** At the top of the script, where a probe or a part of the preamble may begin. */
  #fresh: boolean = true;

  constructor(source: string) {
    this.#source = source;
  }

  cut(): Piece[] {
    for (this.#skipBlanks(); this.#at < this.#source.length; this.#skipBlanks()) this.#next();
    return this.#found;
  }

  #next(): void {
    if (this.#take("comment", COMMENT)) return;
    const lineStart = this.#at === 0 || this.#breaks > 0;
    if (this.#depth === 0 && lineStart && this.#source[this.#at] === "#")
      return void this.#take("directive", DIRECTIVE);
    if (this.#depth === 0 && this.#fresh && this.#beginsProbe()) return this.#points();
    this.#fresh = false;
    if (this.#take("string", STRING)) return;
    if (this.#take("operator", OPERATORS)) return this.#follow(this.#found.at(-1)!.text);
    this.#take("word", WORD);
  }

  #follow(operator: string): void {
    if (operator === "{") this.#depth++;
    if (operator === "}") this.#depth = Math.max(0, this.#depth - 1);
    if (this.#depth === 0 && (operator === "}" || operator === ";")) this.#fresh = true;
  }

  #beginsProbe(): boolean {
    const [word = ""] = /^[\w$@]*/.exec(this.#source.slice(this.#at, this.#at + 64)) ?? [];
    return !PREAMBLE.has(word) && /[\w*]/.test(this.#source[this.#at] ?? "");
  }

  /** Attach points, whose rules are their own: up to white space, a comma, a filter or a block. */
  #points(): void {
    const start = this.#at;
    let colons = 0;
    for (; this.#at < this.#source.length; this.#at++) {
      const character = this.#source[this.#at]!;
      if (character === '"') {
        const close = this.#source.indexOf('"', this.#at + 1);
        this.#at = close < 0 ? this.#source.length : close;
      } else if (character === ":") colons++;
      else if (/[\s,{]/.test(character)) break;
      else if (character === "/" && !isInPath(/^\w*/.exec(this.#source.slice(start))?.[0] ?? "", colons)) break;
    }
    this.#push("point", this.#source.slice(start, this.#at));
    // After a comma comes another one.
    this.#skipBlanks();
    if (this.#source[this.#at] === ",") this.#take("operator", OPERATORS);
    else this.#fresh = false;
  }

  #take(kind: Piece["kind"], pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const [text] = pattern.exec(this.#source) ?? [];
    if (text === undefined) return false;
    this.#at += text.length;
    this.#push(kind, kind === "comment" || kind === "directive" ? text.replace(/[ \t]+$/gm, "") : text);
    return true;
  }

  #push(kind: Piece["kind"], text: string): void {
    this.#found.push({ kind, text, breaks: this.#breaks });
    this.#breaks = 0;
  }

  #skipBlanks(): void {
    for (; /\s/.test(this.#source[this.#at] ?? ""); this.#at++) if (this.#source[this.#at] === "\n") this.#breaks++;
  }
}
