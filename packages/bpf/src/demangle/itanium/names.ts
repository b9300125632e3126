/** Names of functions and variables: 5.1.2 to 5.1.4 and 5.1.6 to 5.1.8 of the ABI. */
import { expression } from "./expressions.ts";
import { type Node, text } from "./nodes.ts";
import type { Parser } from "./parser.ts";
import { OPERATORS, SPECIAL, STANDARD } from "./tables.ts";
import { qualifiers, type } from "./types.ts";

/** What a name tells about the function that bears it. */
interface Traits {
  /** A template's result is mangled. */
  isTemplate: boolean;
  /** Constructors and the like have no result. */
  hasNoResult: boolean;
  /** " const" and such, of a member function. */
  words: string;
}

/** A function with its parameters, or a variable. Functions inside of others are written without their result. */
export function encoding(p: Parser, isOutermost = true): Node {
  return p.nested(() => {
    const outer = p.scope;
    p.scope = { args: undefined };
    const node = p.peek() === "T" || p.peek() === "G" ? special(p) : functionOrVariable(p, isOutermost);
    p.scope = outer;
    return node;
  });
}

function functionOrVariable(p: Parser, isOutermost: boolean): Node {
  const traits: Traits = { isTemplate: false, hasNoResult: false, words: "" };
  const named = name(p, traits);
  if (p.ended || p.peek() === "E" || p.peek() === ".") return named;
  const result = traits.isTemplate && !traits.hasNoResult ? type(p) : undefined;
  const params = parameters(p);
  return {
    kind: "function",
    name: named,
    type: { kind: "function type", result: isOutermost ? result : undefined, params, words: traits.words },
  };
}

/** Types up to the end of the function; a lone "v" says that there are none. */
export function parameters(p: Parser): Node[] {
  if (p.peek() === "v" && /^(E|\.|$)/.test(p.text.slice(p.at + 1, p.at + 2))) {
    p.next();
    return [];
  }
  const params: Node[] = [];
  do params.push(type(p));
  while (!p.ended && p.peek() !== "E" && p.peek() !== ".");
  return params;
}

function special(p: Parser): Node {
  const kind = p.next() + p.next();
  const words = SPECIAL[kind[1] as string];
  if (kind[0] === "T" && words !== undefined) {
    return { kind: "special", words, of: "VTIS".includes(kind[1] as string) ? type(p) : specialObject(p) };
  }
  switch (kind) {
    case "Th":
      callOffset(p, "h");
      return { kind: "special", words: "non-virtual thunk to ", of: encoding(p) };
    case "Tv":
      callOffset(p, "v");
      return { kind: "special", words: "virtual thunk to ", of: encoding(p) };
    case "Tc":
      callOffset(p, p.next());
      callOffset(p, p.next());
      return { kind: "special", words: "covariant return thunk to ", of: encoding(p) };
    case "TC": {
      const derived = type(p);
      p.number();
      p.expect("_");
      return { kind: "between", first: type(p), words: "-in-", second: derived };
    }
    case "GV":
      return { kind: "special", words: "guard variable for ", of: name(p) };
    case "GR": {
      const of = name(p);
      return { kind: "special", words: `reference temporary #${p.ended ? 0 : p.sequence(36)} for `, of };
    }
    case "GT":
      return {
        kind: "special",
        words: p.next() === "n" ? "non-transaction clone for " : "transaction clone for ",
        of: encoding(p),
      };
    case "GA":
      return { kind: "special", words: "hidden alias for ", of: encoding(p) };
    default:
      return p.fail();
  }
}

/** Of a template's parameter object an argument is mangled, of the rest a name. */
function specialObject(p: Parser): Node {
  return p.text[p.at - 1] === "A" ? templateArgument(p) : name(p);
}

/** How far a thunk moves "this": one number, for virtual bases two. */
function callOffset(p: Parser, kind: string): void {
  if (kind !== "h" && kind !== "v") p.fail();
  for (let numbers = kind === "h" ? 1 : 2; numbers > 0; numbers--) {
    p.accept("n");
    p.number();
    p.expect("_");
  }
}

export function name(p: Parser, traits?: Traits): Node {
  return p.nested(() => {
    if (p.peek() === "N") return nestedName(p, traits);
    if (p.peek() === "Z") return localName(p, traits);
    if (p.peek() === "S" && p.peek(1) !== "t") {
      return template(p, substitution(p), traits);
    }
    const scope = p.accept("St") ? text("std") : undefined;
    const plain = scoped(scope, unqualifiedName(p, scope, traits));
    if (p.peek() !== "I") return plain;
    return template(p, p.remember(plain), traits);
  });
}

function scoped(scope: Node | undefined, inner: Node): Node {
  return scope === undefined ? inner : { kind: "nested", scope, name: inner };
}

function template(p: Parser, of: Node, traits?: Traits): Node {
  const args = templateArguments(p, traits !== undefined);
  if (traits !== undefined) traits.isTemplate = true;
  return { kind: "template", name: of, args };
}

/** A name in namespaces and classes: each step may be substituted later, the last one only as a type. */
function nestedName(p: Parser, traits?: Traits): Node {
  p.expect("N");
  const words = qualifiers(p) + referenceQualifier(p);
  if (traits !== undefined) traits.words = words;
  let node: Node | undefined;
  const step = (next: Node): void => {
    node = p.remember(next);
    if (traits !== undefined) traits.isTemplate = next.kind === "template";
  };
  while (!p.accept("E")) {
    const letter = p.peek();
    if (letter === "I") {
      if (node === undefined) p.fail();
      step(template(p, node, traits));
    } else if (letter === "S" && p.peek(1) === "t") {
      p.accept("St");
      node = text("std");
    } else if (letter === "S") {
      node = scoped(node, substitution(p));
    } else if (letter === "T") {
      step(scoped(node, templateParameter(p)));
    } else if (letter === "D" && (p.peek(1) === "t" || p.peek(1) === "T")) {
      step(scoped(node, type(p)));
    } else if (letter === "M" && node !== undefined) {
      p.next();
    } else {
      step(scoped(node, unqualifiedName(p, node, traits)));
    }
  }
  if (node === undefined) return p.fail();
  // The whole is remembered by whoever reads it as a type.
  if (p.substitutions.at(-1) === node) p.substitutions.pop();
  return node;
}

function referenceQualifier(p: Parser): string {
  if (p.accept("R")) return " &";
  return p.accept("O") ? " &&" : "";
}

/** Something inside of a function. */
function localName(p: Parser, traits?: Traits): Node {
  p.expect("Z");
  const scope = encoding(p, false);
  p.expect("E");
  if (p.accept("s")) {
    discriminator(p);
    return scoped(scope, text("string literal"));
  }
  if (p.accept("d")) {
    const argument = text(`{default arg#${p.sequence(10) + 1}}`);
    return scoped(scoped(scope, argument), name(p, traits));
  }
  const inner = name(p, traits);
  discriminator(p);
  return scoped(scope, inner);
}

/** Tells entities of the same name in one function from each other; it is not written. */
function discriminator(p: Parser): void {
  p.match(/_(\d|_\d+_)|\d+$/y);
}

export function unqualifiedName(p: Parser, scope: Node | undefined, traits?: Traits): Node {
  p.match(/[LF]*/y);
  if (traits !== undefined) traits.hasNoResult = false;
  let node = untagged(p, scope, traits);
  while (p.accept("B")) node = { kind: "tagged", name: node, tag: p.take(p.number()) };
  return node;
}

function untagged(p: Parser, scope: Node | undefined, traits?: Traits): Node {
  const letter = p.peek();
  if (/\d/.test(letter)) return sourceName(p);
  if (letter === "U") return unnamed(p);
  if (letter === "C" || (letter === "D" && /\d/.test(p.peek(1)))) {
    if (scope === undefined) return p.fail();
    p.next();
    const inherits = p.accept("I");
    if (!/\d/.test(p.next())) p.fail();
    if (inherits) type(p);
    if (traits !== undefined) traits.hasNoResult = true;
    return { kind: "structor", of: scope, tilde: letter === "D" };
  }
  if (p.accept("DC")) {
    const names = p.untilEnd(sourceName).map((each) => (each.kind === "text" ? each.text : ""));
    return text(`[${names.join(", ")}]`);
  }
  return operatorName(p, traits);
}

export function sourceName(p: Parser): Node {
  const identifier = p.take(p.number());
  // GCC's and Clang's names for namespaces without one.
  return text(/^_GLOBAL_[._$]N/.test(identifier) ? "(anonymous namespace)" : identifier);
}

function unnamed(p: Parser): Node {
  if (p.accept("Ut")) return text(`{unnamed type#${p.sequence(10) + 1}}`);
  p.expect("Ul");
  const params = p.withConversion(false, () => parameters(p));
  p.expect("E");
  return { kind: "lambda", params, index: p.sequence(10) + 1 };
}

export function operatorName(p: Parser, traits?: Traits): Node {
  if (p.accept("cv")) {
    if (traits !== undefined) traits.hasNoResult = true;
    return { kind: "conversion", to: p.withConversion(traits !== undefined, () => type(p)) };
  }
  if (p.accept("li")) return { kind: "operator", text: `"" ${identifierOf(sourceName(p))}` };
  if (p.match(/v\d/y) !== "") return { kind: "operator", text: identifierOf(sourceName(p)) };
  const known = OPERATORS[p.next() + p.next()];
  return known === undefined ? p.fail() : { kind: "operator", text: known[0] };
}

function identifierOf(node: Node): string {
  return node.kind === "text" ? node.text : "";
}

/** @param isOfFunction whether parameters of what follows stand for them */
export function templateArguments(p: Parser, isOfFunction = false): readonly Node[] {
  p.expect("I");
  const args = p.withConversion(false, () => p.untilEnd(templateArgument));
  if (isOfFunction) p.scope.args = args;
  return args;
}

function templateArgument(p: Parser): Node {
  if (p.accept("X")) {
    const node = expression(p);
    p.expect("E");
    return node;
  }
  if (p.peek() === "L") return expression(p);
  // GCC 4 to 12 write packs with the letter of template arguments.
  if (p.accept("J") || p.accept("I")) return { kind: "pack", items: p.untilEnd(templateArgument) };
  return type(p);
}

/** T_: one of the arguments that were read last, or in a conversion operator's type one that is yet to come. */
export function templateParameter(p: Parser): Node {
  p.expect("T");
  // Templates inside of templates are numbered by depth; their parameters have no arguments here.
  if (p.accept("L")) p.sequence(10);
  const index = p.sequence(10);
  return parameter(p, index);
}

function parameter(p: Parser, index: number): Node {
  const scope = p.inConversion || p.scope.args === undefined ? p.scope : { args: p.scope.args };
  return { kind: "parameter", index, scope };
}

export function substitution(p: Parser): Node {
  p.expect("S");
  if (/[0-9A-Z_]/.test(p.peek())) {
    const before = p.substitutions[p.sequence(36)] ?? p.fail();
    // T_ is what is repeated, not its argument: in another function it stands for another one.
    return before.kind === "parameter" ? parameter(p, before.index) : before;
  }
  const known = STANDARD[p.next()];
  if (known === undefined) return p.fail();
  const [short, full, base] = known;
  // A constructor's class is written in full, since that is what the constructor is called by.
  let node: Node = { kind: "standard", text: /[CD]/.test(p.peek()) ? full : short, base };
  while (p.accept("B")) node = p.remember({ kind: "tagged", name: node, tag: p.take(p.number()) });
  return node;
}
