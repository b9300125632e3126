/**
 * Writes a tree as C++, in the notation of the GNU tools. A declaration is written around its name:
 * what stands left of it, the name, and what stands right of it:
 *
 *     pointer to function      void (*            )(int)
 *     array of 3 pointers      int*               [3]
 */
import { NotMangled } from "../reader.ts";
import type { FunctionType, Node } from "./nodes.ts";

/** Names that are written longer are of no use to a reader; substitutions can make short names very long. */
const MAX_LENGTH = 1 << 16;
const MAX_STEPS = 1 << 16;
/** Substitutions may nest deeper than the name itself, and in a damaged one a parameter may stand for itself. */
const MAX_DEPTH = 400;

export function print(node: Node): string {
  const printer = new Printer();
  printer.all(node);
  return printer.written;
}

const NOTHING: Node = { kind: "pack", items: [] };

class Printer {
  written = "";
  #steps = 0;
  #depth = 0;
  /** A lambda's parameters stand for "auto"; they have no arguments. */
  #inLambda = false;
  /** Which item of each pack is meant, inside of an expansion. */
  #expansion: { readonly index: number } | undefined;

  all(node: Node): void {
    this.#left(node);
    this.#right(node);
  }

  #add(words: string): void {
    this.written += words;
    if (this.written.length > MAX_LENGTH) throw new NotMangled("the name is too long");
  }

  #endsWith(words: string): boolean {
    return this.written.endsWith(words);
  }

  #left(node: Node): void {
    if (++this.#steps > MAX_STEPS || ++this.#depth > MAX_DEPTH) throw new NotMangled("the name is too involved");
    this.#write(node);
    this.#depth--;
  }

  #write(node: Node): void {
    switch (node.kind) {
      case "text":
      case "standard":
      case "argument":
        return this.#add(node.text);
      case "nested":
        this.all(node.scope);
        this.#add("::");
        return this.all(node.name);
      case "template":
        this.all(node.name);
        return this.#templateArguments(node.args);
      case "tagged":
        this.all(node.name);
        return this.#add(`[abi:${node.tag}]`);
      case "structor":
        if (node.tilde) this.#add("~");
        return this.#lastName(node.of);
      case "operator":
        this.#add("operator");
        return this.#add(/^[a-z]/.test(node.text) ? ` ${node.text.trimEnd()}` : node.text.trimEnd());
      case "conversion":
        this.#add("operator ");
        return this.all(node.to);
      case "lambda":
        return this.#lambda(node);
      case "special":
        this.#add(node.words);
        return this.all(node.of);
      case "between":
        this.#add("construction vtable for ");
        this.all(node.first);
        this.#add(node.words);
        return this.all(node.second);
      case "suffixed":
        this.all(node.of);
        return this.#add(node.words);
      case "function":
        this.#leftOfFunction(node.type);
        this.all(node.name);
        return this.#rightOfFunction(node.type);
      case "function type":
        return this.#leftOfFunction(node);
      case "qualified":
        this.#left(node.type);
        return this.#qualify(node);
      case "pointer":
        return this.#declarator(node.to, "*");
      case "reference": {
        const { to, sign } = this.#collapsed(node);
        return this.#declarator(to, sign);
      }
      case "array":
        return this.#left(node.of);
      case "member":
        return this.#member(node.owner, node.type);
      case "vector":
        this.all(node.of);
        this.#add(" __vector(");
        this.all(node.size);
        return this.#add(")");
      case "decltype":
        this.#add("decltype (");
        this.all(node.of);
        return this.#add(")");
      case "pack":
        return this.#list(node.items);
      case "expansion":
        return this.#expand(node.pattern);
      case "parameter":
        return this.#left(this.#meant(node));
      default:
        return this.#expression(node);
    }
  }

  #right(node: Node): void {
    switch (node.kind) {
      case "function type":
        return this.#rightOfFunction(node);
      case "qualified":
        return this.#right(node.type);
      case "pointer":
        return this.#closing(node.to);
      case "reference":
        return this.#closing(this.#collapsed(node).to);
      case "member":
        return this.#closing(node.type);
      case "array":
        if (!this.#endsWith("]")) this.#add(" ");
        this.#add("[");
        if (node.size !== undefined) this.all(node.size);
        this.#add("]");
        return this.#right(node.of);
      case "parameter":
        return this.#right(this.#meant(node));
      default:
        return;
    }
  }

  // Declarators -----------------------------------------------------------------------------------

  #leftOfFunction({ result }: FunctionType): void {
    if (result === undefined) return;
    this.#left(result);
    if (!this.#isFunction(this.#pointedTo(result))) this.#add(" ");
  }

  #rightOfFunction({ params, result, words }: FunctionType): void {
    this.#add("(");
    this.#list(params);
    this.#add(`)${words}`);
    if (result !== undefined) this.#right(result);
  }

  /** A sign that says how to come to what is declared: in parentheses if that has a right side. */
  #declarator(to: Node, sign: string): void {
    this.#left(to);
    if (this.#hasRight(to)) this.#open();
    this.#add(sign);
  }

  #member(owner: Node, of: Node): void {
    this.#left(of);
    if (this.#hasRight(of)) this.#open();
    else this.#add(" ");
    this.all(owner);
    this.#add("::*");
  }

  /** An argument may be const already where its parameter is to be. */
  #qualify({ type, words }: Node & { kind: "qualified" }): void {
    const inner = this.#meant(type);
    if (inner.kind !== "qualified" || inner.words !== words) this.#add(words);
  }

  #open(): void {
    if (!/[ (*]$/.test(this.written)) this.#add(" ");
    this.#add("(");
  }

  #closing(to: Node): void {
    if (this.#hasRight(to)) this.#add(")");
    this.#right(to);
  }

  #hasRight(node: Node): boolean {
    const { kind } = this.#unqualified(node);
    return kind === "function type" || kind === "array";
  }

  #isFunction(node: Node | undefined): boolean {
    return node !== undefined && this.#unqualified(node).kind === "function type";
  }

  #pointedTo(node: Node): Node | undefined {
    const inner = this.#unqualified(node);
    if (inner.kind === "pointer" || inner.kind === "reference") {
      const to = this.#unqualified(inner.to);
      return to.kind === "pointer" ? this.#pointedTo(to) : to;
    }
    return inner.kind === "member" ? inner.type : undefined;
  }

  /** What is meant, without the names of parameters and without qualifiers. */
  #unqualified(node: Node): Node {
    let inner = node;
    for (;;) {
      if (inner.kind === "qualified") inner = inner.type;
      else if (inner.kind === "parameter") inner = this.#meant(inner);
      else return inner;
    }
  }

  /** References to references are one: && only if all of them are. */
  #collapsed(node: Node & { kind: "reference" }): { to: Node; sign: "&" | "&&" } {
    let { to, sign } = node;
    for (let inner = this.#meant(to); inner.kind === "reference"; inner = this.#meant(to)) {
      ({ to } = inner);
      if (inner.sign === "&") sign = "&";
    }
    return { to, sign };
  }

  // Templates -------------------------------------------------------------------------------------

  #templateArguments(args: readonly Node[]): void {
    if (this.#endsWith("<")) this.#add(" ");
    this.#add("<");
    this.#list(args);
    this.#add(this.#endsWith(">") ? " >" : ">");
  }

  /** With commas, without those that turn out to be nothing. */
  #list(items: readonly Node[], write: (node: Node, index: number) => void = (node) => this.all(node)): void {
    let isFirst = true;
    for (const [index, item] of items.entries()) {
      const before = this.written;
      if (!isFirst) this.#add(", ");
      const start = this.written.length;
      write(item, index);
      if (this.written.length === start) this.written = before;
      else isFirst = false;
    }
  }

  #expand(pattern: Node): void {
    const items = this.#packIn(pattern, 0)?.items;
    if (items === undefined) {
      this.#subexpression(pattern);
      return this.#add("...");
    }
    const outer = this.#expansion;
    this.#list(items, (_, index) => {
      this.#expansion = { index };
      this.all(pattern);
    });
    this.#expansion = outer;
  }

  /** The first pack in a pattern that one of its parameters stands for. */
  #packIn(node: Node, depth: number): (Node & { kind: "pack" }) | undefined {
    if (++this.#steps > MAX_STEPS || depth > 200) throw new NotMangled("the name is too involved");
    if (node.kind === "expansion" || node.kind === "lambda") return undefined;
    if (node.kind === "parameter") {
      const argument = node.scope.args?.[node.index];
      return argument?.kind === "pack" ? argument : undefined;
    }
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (typeof child !== "object" || !("kind" in child)) continue;
        const found = this.#packIn(child as Node, depth + 1);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  /** The argument behind a parameter, in an expansion the item of its pack. */
  #meant(node: Node): Node {
    if (node.kind !== "parameter") return node;
    if (this.#inLambda) return { kind: "text", text: `auto:${node.index + 1}` };
    if (++this.#steps > MAX_STEPS) throw new NotMangled("the name is too involved");
    const argument = node.scope.args?.[node.index];
    if (argument === undefined) throw new NotMangled("a parameter has no argument");
    if (argument.kind !== "pack" || this.#expansion === undefined) return argument;
    return argument.items[this.#expansion.index] ?? NOTHING;
  }

  /** What a class's constructors are called. */
  #lastName(node: Node): void {
    if (node.kind === "nested" || node.kind === "template" || node.kind === "tagged") return this.#lastName(node.name);
    if (node.kind === "standard") return this.#add(node.base);
    this.all(node);
  }

  #lambda(node: Node & { kind: "lambda" }): void {
    const outer = this.#inLambda;
    this.#inLambda = true;
    this.#add("{lambda(");
    this.#list(node.params);
    this.#add(`)#${node.index}}`);
    this.#inLambda = outer;
  }

  // Expressions -----------------------------------------------------------------------------------

  #expression(node: Node): void {
    switch (node.kind) {
      case "prefix":
        this.#add(node.op);
        if (node.parens === "always") return this.#parenthesized(node.of);
        return node.parens === "never" ? this.all(node.of) : this.#subexpression(node.of);
      case "postfix":
        this.#subexpression(node.of);
        return this.#add(node.op);
      case "binary":
        // ">" would end the template's arguments.
        if (node.op === ">") this.#add("(");
        this.#subexpression(node.left);
        this.#add(node.op);
        this.#subexpression(node.right);
        if (node.op === ">") this.#add(")");
        return;
      case "conditional":
        this.#subexpression(node.condition);
        this.#add("?");
        this.#subexpression(node.yes);
        this.#add(" : ");
        return this.#subexpression(node.no);
      case "index":
        this.#subexpression(node.of);
        this.#add("[");
        this.all(node.at);
        return this.#add("]");
      case "call":
        this.#subexpression(node.callee.kind === "function" ? node.callee.name : node.callee);
        return this.#arguments(node.args);
      case "cast":
        this.#add("(");
        this.all(node.to);
        this.#add(")");
        return node.args.length === 1 ? this.#subexpression(node.args[0] as Node) : this.#arguments(node.args);
      case "named cast":
        this.#add(`${node.op}<`);
        this.all(node.to);
        this.#add(">");
        return this.#parenthesized(node.of);
      case "list":
        if (node.type !== undefined) this.all(node.type);
        this.#add("{");
        this.#list(node.items);
        return this.#add("}");
      case "new":
        this.#add(`${node.op} `);
        if (node.place.length > 0) {
          this.#arguments(node.place);
          this.#add(" ");
        }
        this.all(node.type);
        if (node.init !== undefined) this.#arguments(node.init);
        return;
      case "fold":
        return this.#fold(node.op, node.left, node.right);
      case "pack size": {
        const pack = this.#packIn(node.of, 0);
        return this.#add(String(pack?.items.length ?? 0));
      }
      case "literal":
        if (node.type !== undefined) this.#parenthesized(node.type);
        return this.#add(node.value);
      default:
        return;
    }
  }

  #fold(op: string, left: Node | undefined, right: Node | undefined): void {
    const outer = this.#expansion;
    this.#expansion = undefined;
    this.#add("(");
    if (left === undefined) this.#add("...");
    else this.#subexpression(left);
    this.#add(left !== undefined && right !== undefined ? `${op}...${op}` : op);
    if (right === undefined) this.#add("...");
    else this.#subexpression(right);
    this.#add(")");
    this.#expansion = outer;
  }

  /** In parentheses unless it is a mere name. */
  #subexpression(node: Node): void {
    const isSimple = node.kind === "text" || node.kind === "nested" || node.kind === "list" || node.kind === "argument";
    return isSimple ? this.all(node) : this.#parenthesized(node);
  }

  #parenthesized(node: Node): void {
    this.#add("(");
    this.all(node);
    this.#add(")");
  }

  #arguments(args: readonly Node[]): void {
    this.#add("(");
    this.#list(args);
    this.#add(")");
  }
}
