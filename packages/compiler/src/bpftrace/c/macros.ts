/**
 * The preprocessor's macros: #define, #undef, and their expansion. A macro is not expanded inside of
 * what it became itself, as in C; how much text may come out of one expansion is bounded.
 */
import { tokenize, type CToken } from "./tokens.ts";

/** Tokens that one piece of text may become. */
const MAX_TOKENS = 20_000;

export interface CMacro {
  readonly name: string;
  /** Of a macro that takes arguments. */
  readonly params: readonly string[] | undefined;
  readonly body: readonly CToken[];
}

/** Thrown where an expansion has no end in reach; caught by who asked for it. */
export class ExpansionTooLarge extends Error {}

export class Macros {
  readonly #macros = new Map<string, CMacro>();

  has(name: string): boolean {
    return this.#macros.has(name);
  }

  get(name: string): CMacro | undefined {
    return this.#macros.get(name);
  }

  all(): Iterable<CMacro> {
    return this.#macros.values();
  }

  undefine(name: string): void {
    this.#macros.delete(name);
  }

  /** A constant that nobody wrote in this script. */
  predefine(name: string, value: string): void {
    this.#macros.set(name, { name, params: undefined, body: tokenize(value, 0) });
  }

  /** Takes "#define NAME body" or "#define NAME(a, b) body", which starts at `start`; false if it is neither. */
  define(directive: string, start: number): boolean {
    const match = /^#\s*define\s+([A-Za-z_]\w*)(\(([^)]*)\))?/.exec(directive);
    if (match === null) return false;
    const [head, name = "", , list] = match;
    const params = list === undefined ? undefined : list.split(",").map((param) => param.trim());
    this.#macros.set(name, {
      name,
      params: params?.length === 1 && params[0] === "" ? [] : params,
      body: tokenize(directive.slice(head.length), start + head.length),
    });
    return true;
  }

  /** Throws ExpansionTooLarge. */
  expand(tokens: readonly CToken[]): readonly CToken[] {
    const budget = { left: MAX_TOKENS };
    return this.#expand(tokens, budget);
  }

  #expand(tokens: readonly CToken[], budget: { left: number }): readonly CToken[] {
    const out: CToken[] = [];
    const input = [...tokens].reverse();
    for (let token = input.pop(); token !== undefined; token = input.pop()) {
      if (--budget.left < 0) throw new ExpansionTooLarge();
      const macro = token.kind === "name" && token.hidden?.has(token.text) !== true ? this.get(token.text) : undefined;
      if (macro === undefined) {
        out.push(token);
        continue;
      }
      let body = macro.body;
      if (macro.params !== undefined) {
        if (input.at(-1)?.text !== "(") {
          out.push(token);
          continue;
        }
        const given = takeArguments(input).map((argument) => this.#expand(argument, budget));
        body = substitute(macro.body, macro.params, given);
      }
      const hidden = new Set([...(token.hidden ?? []), macro.name]);
      // What comes out of a macro is shown where it was called.
      const { span } = token;
      for (const made of paste(body).toReversed()) input.push({ ...made, span, hidden: union(made.hidden, hidden) });
    }
    return out;
  }
}

function union(a: ReadonlySet<string> | undefined, b: ReadonlySet<string>): ReadonlySet<string> {
  return a === undefined ? b : new Set([...a, ...b]);
}

/** Takes "(a, b)" from the end of a reversed list. */
function takeArguments(input: CToken[]): CToken[][] {
  const list: CToken[][] = [[]];
  let depth = 0;
  for (let token = input.pop(); token !== undefined; token = input.pop()) {
    if (token.text === "(" && depth++ === 0) continue;
    if (token.text === ")" && --depth === 0) break;
    if (token.text === "," && depth === 1) list.push([]);
    else list.at(-1)?.push(token);
  }
  return list.length === 1 && list[0]?.length === 0 ? [] : list;
}

function substitute(
  body: readonly CToken[],
  params: readonly string[],
  given: readonly (readonly CToken[])[],
): readonly CToken[] {
  return body.flatMap((token) => {
    const index = token.kind === "name" ? params.indexOf(token.text) : -1;
    return index < 0 ? [token] : (given[index] ?? []);
  });
}

/** `a ## b` is the one token ab. */
function paste(body: readonly CToken[]): readonly CToken[] {
  const out: CToken[] = [];
  for (let at = 0; at < body.length; at++) {
    const [token, next] = [body[at]!, body[at + 1]];
    const last = out.at(-1);
    if (token.text === "##" && last !== undefined && next !== undefined) {
      const [joined] = tokenize(last.text + next.text, 0);
      out[out.length - 1] = { ...last, kind: joined?.kind ?? "name", text: last.text + next.text };
      at++;
    } else out.push(token);
  }
  return out;
}
