/**
 * The formatter of the language (`sonde trace --fmt`). Pieces keep their order, so a script means what it meant;
 * only white space between them changes:
 *
 * - one statement a line, two blanks deeper in each block; one empty line stays where there were some
 * - blanks around operators with two sides and after commas, none inside of parentheses
 * - each attach point on a line of its own, a filter on the next, an empty line between probes
 */
import { pieces, type Piece } from "./pieces.ts";

export function formatScript(source: string): string {
  const printer = new Printer(pieces(source));
  return printer.print();
}

const INDENT = "  ";
/** Words before which a minus or a star has no left side. */
const KEYWORDS = new Set(["return", "in", "else", "comptime"]);
const BINARY = /^(?:<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||\+=|-=|\*=|\/=|%=|&=|\|=|\^=|[+\-*/%&|^<>=?:])$/;
const MAYBE_UNARY = new Set(["-", "+", "*", "&"]);

class Printer {
  readonly #pieces: readonly Piece[];
  #text: string = "";
  #depth: number = 0;
  /** Open brackets; "{" of a struct or config too. */
  readonly #open: string[] = [];
  /** The filter of a probe is being printed. */
  #filter: boolean = false;
  #lineStart: boolean = true;
  /** Of the piece being printed. */
  #position: number = -1;

  constructor(list: readonly Piece[]) {
    this.#pieces = list;
  }

  print(): string {
    for (const [index, piece] of this.#pieces.entries()) {
      this.#position = index;
      this.#one(piece, this.#pieces[index - 1], this.#pieces[index + 1]);
    }
    const text = this.#text.trimEnd();
    return text === "" ? "" : `${text}\n`;
  }

  #one(piece: Piece, before: Piece | undefined, after: Piece | undefined): void {
    switch (piece.kind) {
      case "comment":
        return this.#comment(piece, before);
      case "directive":
        this.#freshLine(piece, before);
        this.#write(piece.text);
        return this.#newline();
      case "point":
        this.#point(piece, before);
        return;
      case "operator":
        return this.#operator(piece, before, after);
      default:
        this.#separate(piece, before);
        this.#write(piece.text);
    }
  }

  #comment(piece: Piece, before: Piece | undefined): void {
    if (piece.breaks === 0 && before !== undefined) {
      // It belongs to the line that it stands on.
      this.#text = this.#text.trimEnd();
      this.#write(`${this.#text === "" ? "" : " "}${piece.text}`);
    } else {
      this.#freshLine(piece, before);
      this.#write(piece.text);
    }
    const next = this.#pieces[this.#position + 1];
    if (piece.text.startsWith("//") || next === undefined || next.breaks > 0) this.#newline();
    else this.#text += " ";
  }

  #point(piece: Piece, before: Piece | undefined): void {
    // A comment on a line of its own belongs to the probe below it.
    if (before?.text === ",") this.#newline();
    else if (before?.kind === "comment" && (before.breaks > 0 || this.#position === 1)) this.#freshLine(piece, before);
    else this.#blankLine();
    this.#write(piece.text);
  }

  #operator(piece: Piece, before: Piece | undefined, after: Piece | undefined): void {
    const { text } = piece;
    switch (text) {
      case "{":
        this.#open.push("{");
        if (!this.#lineStart && !this.#text.endsWith(" ") && !this.#text.endsWith("(")) this.#text += " ";
        this.#write("{");
        this.#depth++;
        if (after?.text !== "}") this.#newline();
        return;
      case "}":
        return this.#close(before, after);
      case ";":
        this.#text = this.#text.trimEnd();
        this.#write(";");
        if (this.#open.at(-1) !== "(" && !(after?.kind === "comment" && after.breaks === 0)) this.#newline();
        return;
      case "(":
      case "[":
        this.#separate(piece, before);
        this.#open.push(text);
        return this.#write(text);
      case ")":
      case "]":
        this.#open.pop();
        this.#text = this.#lineStart ? this.#text : this.#text.replace(/ +$/, "");
        return this.#write(text);
      case ",":
        this.#text = this.#text.replace(/ +$/, "");
        this.#write(",");
        if (this.#open.at(-1) === "{" && this.#depth > 0 && after?.breaks) return this.#newline();
        if (this.#depth > 0 || this.#open.length > 0) this.#text += " ";
        return;
      case "/":
        if (this.#depth === 0 && this.#open.length === 0) return this.#slash();
    }
    this.#separate(piece, before);
    this.#write(text);
    if (this.#hasTwoSides(piece, before)) this.#text += " ";
  }

  /** The first slash of a probe opens its filter, the one before the block closes it. */
  #slash(): void {
    if (!this.#filter) {
      this.#filter = true;
      this.#newline();
      return this.#write("/");
    }
    const at = this.#position;
    const closes = this.#pieces.slice(at + 1).find(({ kind }) => kind !== "comment")?.text === "{";
    if (closes) {
      this.#filter = false;
      this.#text = this.#text.replace(/ +$/, "");
      return this.#write("/");
    }
    this.#write(" / ");
  }

  #close(before: Piece | undefined, after: Piece | undefined): void {
    if (this.#open.at(-1) === "{") this.#open.pop();
    this.#depth = Math.max(0, this.#depth - 1);
    if (before?.text !== "{") this.#newline();
    this.#write("}");
    if (after?.kind === "comment" && after.breaks === 0) return;
    if (after?.text === "else") return void (this.#text += " ");
    if (after !== undefined && [";", ")", ",", "]", "."].includes(after.text)) return;
    if (this.#depth === 0 && this.#open.length === 0 && after?.kind === "word" && after.breaks === 0) return;
    this.#newline();
    if (this.#depth === 0 && this.#open.length === 0) this.#blankLine();
  }

  /** What must stand between a piece and the one before. */
  #separate(piece: Piece, before: Piece | undefined): void {
    if (this.#lineStart) return this.#freshLine(piece, before);
    if (before === undefined || this.#text.endsWith(" ") || /[([!~]$/.test(this.#text)) return;
    const { text } = piece;
    if (piece.kind === "operator") {
      if (this.#hasTwoSides(piece, before)) this.#text += " ";
      else if (text === "(" && isControl(before.text)) this.#text += " ";
      else if (MAYBE_UNARY.has(text) && !/[([!~\-*&]$/.test(before.text)) this.#text += " ";
      return;
    }
    if (before.kind === "operator") {
      if (before.text === ")" || before.text === "]" || before.text === "}")
        this.#text += before.text === ")" && this.#isCast() ? "" : " ";
      return;
    }
    if (before.kind === "directive") return;
    this.#text += " ";
  }

  /** `(type)value`: what stands in the last parentheses is a type's name. */
  #isCast(): boolean {
    return (
      /\((?:const |unsigned |struct |union |enum )*[A-Za-z_]\w*(?: ?\*+|\[\d*\])*\)$/.test(this.#text) &&
      !/[\w)\]] ?\([^()]*\)$/.test(this.#text)
    );
  }

  #hasTwoSides(piece: Piece, before: Piece | undefined): boolean {
    const { text } = piece;
    if (!BINARY.test(text)) return false;
    if (text === ":" && this.#open.at(-1) === "(" && /\blet\b/.test(this.#text.slice(this.#text.lastIndexOf("\n"))))
      return false;
    if (!MAYBE_UNARY.has(text)) return true;
    if (before === undefined || before.kind === "comment") return false;
    if (before.kind === "word") return !KEYWORDS.has(before.text);
    return before.kind === "string" || before.text === ")" || before.text === "]" || before.text === "}";
  }

  /** A new line; an empty one before it where the source had one. */
  #freshLine(piece: Piece, before: Piece | undefined): void {
    this.#newline();
    if (piece.breaks > 1 && before !== undefined && before.text !== "{") this.#blankLine();
  }

  #newline(): void {
    if (this.#text === "") return;
    this.#text = this.#text.replace(/[ \t]+$/, "");
    if (!this.#text.endsWith("\n")) this.#text += "\n";
    this.#lineStart = true;
  }

  #blankLine(): void {
    this.#newline();
    if (this.#text !== "" && !this.#text.endsWith("\n\n")) this.#text += "\n";
  }

  #write(text: string): void {
    if (this.#lineStart) this.#text += INDENT.repeat(this.#depth);
    this.#lineStart = false;
    this.#text += text;
  }
}

function isControl(word: string): boolean {
  return word === "if" || word === "while" || word === "for" || word === "unroll" || word === "else";
}
