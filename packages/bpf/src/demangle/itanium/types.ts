/** Types: 5.1.5 of the ABI. */
import { expression } from "./expressions.ts";
import { name, sourceName, substitution, templateArguments, templateParameter } from "./names.ts";
import { type FunctionType, type Node, text } from "./nodes.ts";
import type { Parser } from "./parser.ts";
import { BUILTIN_TYPES, MORE_BUILTIN_TYPES } from "./tables.ts";

/** " const" and the like, in the order in which they are written. */
export function qualifiers(p: Parser): string {
  const [restrict, volatile, constant] = [p.accept("r"), p.accept("V"), p.accept("K")];
  return (constant ? " const" : "") + (volatile ? " volatile" : "") + (restrict ? " __restrict" : "");
}

/** A type. All but built-in ones may be substituted from now on. */
export function type(p: Parser): Node {
  return p.nested(() => {
    const letter = p.peek();
    const builtin = BUILTIN_TYPES[letter];
    if (builtin !== undefined) {
      p.next();
      return text(builtin);
    }
    if (letter === "D") return beginningWithD(p);
    if (letter === "S" && p.peek(1) !== "t") return beginningWithSubstitution(p);
    if (letter === "T" && !/[sue]/.test(p.peek(1))) return parameterType(p);
    return p.remember(compound(p));
  });
}

function compound(p: Parser): Node {
  switch (p.peek()) {
    case "r":
    case "V":
    case "K": {
      const words = qualifiers(p);
      if (isFunctionType(p)) return functionType(p, words);
      return { kind: "qualified", type: type(p), words };
    }
    case "P":
      p.next();
      return { kind: "pointer", to: type(p) };
    case "R":
    case "O":
      return { kind: "reference", sign: p.next() === "R" ? "&" : "&&", to: type(p) };
    case "C":
      p.next();
      return { kind: "qualified", type: type(p), words: " _Complex" };
    case "G":
      p.next();
      return { kind: "qualified", type: type(p), words: " _Imaginary" };
    case "F":
      return functionType(p, "");
    case "A":
      return arrayType(p);
    case "M": {
      p.next();
      const owner = type(p);
      return { kind: "member", owner, type: type(p) };
    }
    case "U":
      return vendorQualified(p);
    case "u": {
      p.next();
      const vendor = sourceName(p);
      return p.peek() === "I" ? { kind: "template", name: vendor, args: templateArguments(p) } : vendor;
    }
    case "T":
      // struct, union, enum: said where the name alone does not say it.
      p.take(2);
      return name(p);
    default:
      return name(p);
  }
}

/** Vendors' qualifiers, such as address spaces; lambdas and unnamed types begin with the same letter. */
function vendorQualified(p: Parser): Node {
  if (p.peek(1) === "l" || p.peek(1) === "t") return name(p);
  p.next();
  let vendor = sourceName(p);
  if (p.peek() === "I") vendor = { kind: "template", name: vendor, args: templateArguments(p) };
  const words = vendor.kind === "text" ? ` ${vendor.text}` : "";
  return { kind: "qualified", type: type(p), words };
}

function isFunctionType(p: Parser): boolean {
  return p.peek() === "F" || (p.peek() === "D" && /[oOwx]/.test(p.peek(1)));
}

/** "F" result, parameters, "E", with what stands behind the parameters. */
function functionType(p: Parser, words: string): FunctionType {
  let behind = words;
  for (;;) {
    if (p.accept("Do")) behind += " noexcept";
    else if (p.accept("Dx")) behind += " transaction_safe";
    else if (p.accept("DO")) {
      expression(p);
      p.expect("E");
      behind += " noexcept";
    } else break;
  }
  p.expect("F");
  p.accept("Y"); // extern "C"
  const result = type(p);
  const params = parametersWithReference(p);
  if (p.accept("RE")) behind += " &";
  else if (p.accept("OE")) behind += " &&";
  else p.expect("E");
  return { kind: "function type", result, params, words: behind };
}

/** As parameters(), but a reference qualifier may come before the E. */
function parametersWithReference(p: Parser): Node[] {
  const params: Node[] = [];
  while (!/^([RO]?E)/.test(p.text.slice(p.at, p.at + 2))) {
    if (p.ended) p.fail();
    params.push(type(p));
  }
  const [only] = params;
  return params.length === 1 && only?.kind === "text" && only.text === "void" ? [] : params;
}

function arrayType(p: Parser): Node {
  p.expect("A");
  const digits = p.match(/\d+/y);
  const size = digits !== "" ? text(digits) : p.peek() === "_" ? undefined : expression(p);
  p.expect("_");
  return { kind: "array", size, of: type(p) };
}

function beginningWithD(p: Parser): Node {
  const letter = p.peek(1);
  const builtin = MORE_BUILTIN_TYPES[letter];
  if (builtin !== undefined) {
    p.take(2);
    return text(builtin);
  }
  switch (letter) {
    case "F": {
      p.take(2);
      const bits = p.number();
      if (p.accept("x")) return text(`_Float${bits}x`);
      if (p.accept("b")) return text("std::bfloat16_t");
      p.expect("_");
      return text(`_Float${bits}`);
    }
    case "p":
      p.take(2);
      return p.remember({ kind: "expansion", pattern: type(p) });
    case "t":
    case "T": {
      p.take(2);
      const of = expression(p);
      p.expect("E");
      return p.remember({ kind: "decltype", of });
    }
    case "v": {
      p.take(2);
      const digits = p.match(/\d+/y);
      if (digits === "") p.expect("_");
      const size = digits === "" ? expression(p) : text(digits);
      p.expect("_");
      return p.remember({ kind: "vector", size, of: type(p) });
    }
    case "o":
    case "O":
    case "x":
      return p.remember(functionType(p, ""));
    default:
      return p.fail();
  }
}

function beginningWithSubstitution(p: Parser): Node {
  const of = substitution(p);
  if (p.peek() !== "I") return of;
  return p.remember({ kind: "template", name: of, args: templateArguments(p) });
}

/** A template's parameter, which may be a template itself. */
function parameterType(p: Parser): Node {
  const parameter = p.remember(templateParameter(p));
  if (p.peek() !== "I" || p.inConversion) return parameter;
  return p.remember({ kind: "template", name: parameter, args: templateArguments(p) });
}
