/** Constants: of the kernel's enums, of #define, and of literals in a script. */
import type { Btf } from "@sonde/bpf/btf";
import { Diagnostics } from "../../diagnostics/index.ts";
import type { Expr, Script } from "../ast.ts";
import { parseNumber } from "../lexer/number.ts";
import { readString } from "../lexer/string.ts";
import * as messages from "../messages/names.ts";
import type { Handler } from "./handler.ts";

/** The value of an enumerator by its name, whichever enum it belongs to. */
export function findConstant(btf: Btf, name: string): bigint | undefined {
  for (const kind of ["enum", "enum64"] as const) {
    for (const id of btf.ids(kind)) {
      const type = btf.type(id);
      if (type.kind !== "enum" && type.kind !== "enum64") continue;
      const found = type.values.find((value) => value.name === name);
      if (found !== undefined) return found.value;
    }
  }
  return undefined;
}

/** The constants that a script's own lines define. Definitions that can't be used are reported. */
export function readDeclarations(
  script: Script,
  btf: Btf | undefined,
  diagnostics: Diagnostics,
): ReadonlyMap<string, bigint | string> {
  const defines = new Map<string, bigint | string>();
  for (const { text, span } of script.declarations) {
    const define = /^#\s*define\s+(\w+)(\([^)]*\))?\s*(.*?)\s*$/s.exec(text);
    const [, name = "", parameters, body = ""] = define ?? [];
    if (define !== null) {
      const value = parameters === undefined ? constantText(body) : undefined;
      if (value === undefined && body !== "") diagnostics.report(messages.macroNotSupported, span, name);
      if (value !== undefined) defines.set(name, value);
    } else if (!text.startsWith("#")) {
      checkDefinition(text, btf, (message, type) =>
        diagnostics.report(message, { start: span.start, end: span.start + text.search(/\s*(\{|$)/) }, type),
      );
    }
  }
  return defines;
}

function constantText(body: string): bigint | string | undefined {
  const inner = /^\((.*)\)$/.exec(body)?.[1]?.trim() ?? body;
  if (inner.startsWith('"')) {
    const diagnostics = new Diagnostics();
    const { text, end } = readString(inner, 0, diagnostics);
    return end === inner.length && !diagnostics.failed ? text : undefined;
  }
  const negative = inner.startsWith("-");
  const value = parseNumber(negative ? inner.slice(1) : inner)?.value;
  return value === undefined ? undefined : negative ? -value : value;
}

/** The kernel's own definitions stand for those of a script; one that the kernel has none of can't be used yet. */
function checkDefinition(
  text: string,
  btf: Btf | undefined,
  report: (message: typeof messages.ownStruct, name: string) => void,
): void {
  const [, tag, name = ""] = /^(?:typedef\s+)?(struct|union|enum)\s+(\w+)/.exec(text) ?? [];
  const kind = tag === "struct" || tag === "union" || tag === "enum" ? tag : undefined;
  const known = kind !== undefined && btf !== undefined && btf.find(name, kind).length > 0;
  report(known ? messages.ownStructIgnored : messages.ownStruct, kind === undefined ? "this type" : `${kind} ${name}`);
}

/** The value of an expression that is known without running it. */
export function constantOf(handler: Handler, expr: Expr): bigint | string | undefined {
  switch (expr.kind) {
    case "int":
      return expr.value;
    case "string":
      return expr.value;
    case "bool":
      return expr.value ? 1n : 0n;
    case "unary": {
      const operand = constantOf(handler, expr.operand);
      return expr.op === "-" && typeof operand === "bigint" ? -operand : undefined;
    }
    case "cast":
      return expr.type.pointers === 0 ? constantOf(handler, expr.operand) : undefined;
    default:
      return handler.constants.get(expr);
  }
}

/** A constant that is not negative takes the sign of what it meets. */
export function isNeutral(handler: Handler, expr: Expr): boolean {
  if (expr.kind === "cast") return false;
  if (expr.kind === "ternary")
    return (expr.then === undefined || isNeutral(handler, expr.then)) && isNeutral(handler, expr.otherwise);
  const value = constantOf(handler, expr);
  return typeof value === "bigint" && value >= 0n && value < 1n << 63n;
}
