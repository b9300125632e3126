/** Expressions, which stand in types that depend on templates: 5.1.6 of the ABI. */
import { encoding, operatorName, sourceName, templateArguments, templateParameter, unqualifiedName } from "./names.ts";
import { type Node, text } from "./nodes.ts";
import type { Parser } from "./parser.ts";
import { LITERAL_SUFFIXES, OPERATORS } from "./tables.ts";
import { type } from "./types.ts";

export function expression(p: Parser): Node {
  return p.nested(() => {
    const two = p.peek() + p.peek(1);
    if (p.peek() === "L") return literal(p);
    if (p.peek() === "T") return templateParameter(p);
    if (/\d/.test(p.peek())) return maybeTemplate(p, sourceName(p));
    if (two === "on" || two === "dn") return unresolved(p);
    if (two === "sr") return inScope(p);
    if (two === "fp" || (two === "fL" && /\d/.test(p.peek(2)))) return functionArgument(p);
    p.take(2);
    switch (two) {
      case "il":
        return { kind: "list", type: undefined, items: p.untilEnd(expression) };
      case "tl": {
        const of = type(p);
        return { kind: "list", type: of, items: p.untilEnd(expression) };
      }
      case "cv":
        return cast(p);
      case "cl": {
        const callee = expression(p);
        return { kind: "call", callee, args: p.untilEnd(expression) };
      }
      case "sp":
        return { kind: "expansion", pattern: expression(p) };
      case "sZ":
        return { kind: "pack size", of: expression(p) };
      case "sP":
        return { kind: "pack size", of: { kind: "pack", items: p.untilEnd((each) => type(each)) } };
      case "fl":
      case "fr":
      case "fL":
      case "fR":
        return fold(p, two);
      default:
        return operation(p, two);
    }
  });
}

function operation(p: Parser, code: string): Node {
  const known = OPERATORS[code];
  if (known === undefined) return p.fail();
  const [op, operands] = known;
  if (operands === 1) return unary(p, code, op);
  switch (code) {
    case "nw":
    case "na":
      return creation(p, op);
    case "qu":
      return { kind: "conditional", condition: expression(p), yes: expression(p), no: expression(p) };
    case "sc":
    case "dc":
    case "cc":
    case "rc":
      return { kind: "named cast", op, to: type(p), of: expression(p) };
    case "ix":
      return { kind: "index", of: expression(p), at: expression(p) };
    case "dt":
    case "pt": {
      const left = expression(p);
      const right = /\d/.test(p.peek()) ? maybeTemplate(p, unqualifiedName(p, undefined)) : expression(p);
      return { kind: "binary", op, left, right };
    }
    default:
      return { kind: "binary", op, left: expression(p), right: expression(p) };
  }
}

function unary(p: Parser, code: string, op: string): Node {
  switch (code) {
    case "tr":
      return text(op);
    case "st":
    case "at":
    case "ti":
      return { kind: "prefix", op, of: type(p), parens: "always" };
    case "nx":
      return { kind: "prefix", op, of: expression(p), parens: "always" };
    case "gs":
      return { kind: "prefix", op, of: expression(p), parens: "never" };
    case "pp":
    case "mm":
      if (!p.accept("_")) return { kind: "postfix", op, of: expression(p) };
      return { kind: "prefix", op, of: expression(p), parens: "as needed" };
    default: {
      const of = expression(p);
      // The address of a member function is written without its parameters, unless they say more than its name.
      const isBare = of.kind === "function" && of.name.kind === "nested" && of.type.words === "";
      const bare = code === "ad" && isBare ? of.name : of;
      return { kind: "prefix", op, of: bare, parens: "as needed" };
    }
  }
}

function cast(p: Parser): Node {
  const to = type(p);
  return { kind: "cast", to, args: p.accept("_") ? p.untilEnd(expression) : [expression(p)] };
}

/** new (place) type (init) */
function creation(p: Parser, op: string): Node {
  const place: Node[] = [];
  while (!p.accept("_")) place.push(expression(p));
  const of = type(p);
  if (p.accept("E")) return { kind: "new", op, place, type: of, init: undefined };
  if (p.accept("pi")) return { kind: "new", op, place, type: of, init: p.untilEnd(expression) };
  const init = [expression(p)];
  p.expect("E");
  return { kind: "new", op, place, type: of, init };
}

/** (... op pack), (pack op ...), (pack op ... op init), (init op ... op pack) */
function fold(p: Parser, code: string): Node {
  const known = OPERATORS[p.take(2)];
  if (known === undefined) return p.fail();
  const [op] = known;
  const first = expression(p);
  if (code === "fl") return { kind: "fold", op, left: undefined, right: first };
  if (code === "fr") return { kind: "fold", op, left: first, right: undefined };
  return { kind: "fold", op, left: first, right: expression(p) };
}

/** A function's own parameter, numbered from 1; those of functions around it are written alike. */
function functionArgument(p: Parser): Node {
  if (p.accept("fpT")) return { kind: "argument", text: "this" };
  p.next();
  if (p.accept("L")) p.number();
  p.expect("p");
  p.match(/r?V?K?/y);
  return { kind: "argument", text: `{parm#${p.sequence(10) + 1}}` };
}

/** A name in a scope that depends on a template: sr NAME... E NAME by Clang, sr TYPE NAME by GCC. */
function inScope(p: Parser): Node {
  p.expect("sr");
  const levels = /\d/.test(p.peek()) ? p.attempt(() => inLevels(p)) : undefined;
  if (levels !== undefined) return levels;
  const scope = type(p);
  if (p.peek() === "o" || p.peek() === "d") return { kind: "nested", scope, name: unresolved(p) };
  return maybeTemplate(p, { kind: "nested", scope, name: unqualifiedName(p, scope) });
}

function inLevels(p: Parser): Node {
  const [first, ...others] = p.untilEnd((each) => maybeTemplate(each, sourceName(each)));
  if (first === undefined) return p.fail();
  const scope = others.reduce((outer, name): Node => ({ kind: "nested", scope: outer, name }), first);
  const name = /\d/.test(p.peek()) ? sourceName(p) : unresolved(p);
  return maybeTemplate(p, { kind: "nested", scope, name });
}

/** on OPERATOR, dn DESTRUCTOR, or an operator without either. */
function unresolved(p: Parser): Node {
  if (p.accept("dn")) {
    const of = /\d/.test(p.peek()) ? maybeTemplate(p, sourceName(p)) : type(p);
    return { kind: "special", words: "~", of };
  }
  p.accept("on");
  return maybeTemplate(p, operatorName(p));
}

function maybeTemplate(p: Parser, name: Node): Node {
  return p.peek() === "I" ? { kind: "template", name, args: templateArguments(p) } : name;
}

/** L TYPE VALUE E, or L_Z ENCODING E. */
function literal(p: Parser): Node {
  p.expect("L");
  if (p.accept("_Z") || p.accept("Z")) {
    const node = encoding(p);
    p.expect("E");
    return node;
  }
  const of = type(p);
  const digits = p.match(/n?[0-9a-z_]*/y);
  p.expect("E");
  const value = digits.replace(/^n/, "-");
  if (of.kind === "text") {
    if (of.text === "bool" && /^[01]$/.test(value)) return plain(value === "0" ? "false" : "true");
    const suffix = LITERAL_SUFFIXES[of.text];
    if (suffix !== undefined) return plain(value + suffix);
    if (of.text === "decltype(nullptr)" && value === "") return { kind: "literal", type: of, value: "0" };
    if (/^(float|double|long double|__float128)$/.test(of.text))
      return { kind: "literal", type: of, value: `[${value}]` };
  }
  return { kind: "literal", type: of, value };
}

function plain(value: string): Node {
  return { kind: "literal", type: undefined, value };
}
