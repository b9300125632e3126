/** Syntax trees as S-expressions, for tests. */
import type { Block, Expr, Probe, Script, Stmt, TypeName } from "../ast.ts";

export function printScript(script: Script): string {
  const preamble = [
    ...script.declarations.map(({ text }) => `(c ${JSON.stringify(text)})`),
    ...script.config.map(({ name, value }) => `(config ${name} ${value})`),
    ...script.macros.map(
      ({ name, params, body }) => `(macro ${name} [${params.map(printExpr).join(" ")}] ${printExpr(body)})`,
    ),
    ...script.maps.map(({ name, type, maxEntries }) => `(map ${name} ${type} ${maxEntries})`),
  ];
  return [...preamble, ...script.probes.map(printProbe)].join("\n");
}

function printProbe({ points, filter, body }: Probe): string {
  const names = points.map(({ provider, parts }) => [provider, ...parts].join("|")).join(" ");
  return `(probe [${names}]${filter === undefined ? "" : ` (if ${printExpr(filter)})`} ${printBlock(body)})`;
}

function printBlock({ body }: Block): string {
  return `{${body.map(printStmt).join(" ")}}`;
}

function printStmt(stmt: Stmt): string {
  switch (stmt.kind) {
    case "block":
      return printBlock(stmt);
    case "exprStmt":
      return printExpr(stmt.expr);
    case "assign":
      return `(${stmt.op ?? ""}= ${printExpr(stmt.variable)} ${printExpr(stmt.value)})`;
    case "assignMap":
      return `(${stmt.op ?? ""}= ${printExpr(stmt.target)} ${printExpr(stmt.value)})`;
    case "let":
      return `(let ${printExpr(stmt.variable)}${stmt.type === undefined ? "" : `:${printType(stmt.type)}`}${stmt.value === undefined ? "" : ` ${printExpr(stmt.value)}`})`;
    case "if":
      return `(if ${printExpr(stmt.condition)} ${printBlock(stmt.then)}${stmt.otherwise === undefined ? "" : ` ${printStmt(stmt.otherwise)}`})`;
    case "unroll":
      return `(unroll ${printExpr(stmt.count)} ${printBlock(stmt.body)})`;
    case "while":
      return `(while ${printExpr(stmt.condition)} ${printBlock(stmt.body)})`;
    case "forRange":
      return `(for ${printExpr(stmt.variable)} ${printExpr(stmt.from)} ${printExpr(stmt.to)} ${printBlock(stmt.body)})`;
    case "forMap":
      return `(for ${printExpr(stmt.variable)} ${printExpr(stmt.map)} ${printBlock(stmt.body)})`;
    case "jump":
      return stmt.value === undefined ? `(${stmt.what})` : `(${stmt.what} ${printExpr(stmt.value)})`;
  }
}

export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case "int":
      return `${expr.value}`;
    case "string":
      return JSON.stringify(expr.value);
    case "bool":
      return `${expr.value}`;
    case "identifier":
      return expr.name;
    case "builtin":
      return `#${expr.name}`;
    case "positional":
      return expr.index === 0 ? "$#" : `$${expr.index}`;
    case "variable":
      return `$${expr.name}`;
    case "map":
      return expr.keys.length === 0 ? expr.name : `${expr.name}[${expr.keys.map(printExpr).join(" ")}]`;
    case "call":
      return `(${[expr.name, ...expr.args.map(printExpr)].join(" ")})`;
    case "unary":
      return `(${expr.op} ${printExpr(expr.operand)})`;
    case "update":
      return expr.prefix ? `(${expr.op} ${printExpr(expr.target)})` : `(${printExpr(expr.target)} ${expr.op})`;
    case "binary":
      return `(${expr.op} ${printExpr(expr.left)} ${printExpr(expr.right)})`;
    case "ternary":
      return `(?: ${printExpr(expr.condition)} ${expr.then === undefined ? "" : `${printExpr(expr.then)} `}${printExpr(expr.otherwise)})`;
    case "member":
      return `(${expr.arrow ? "->" : "."} ${printExpr(expr.object)} ${expr.name})`;
    case "index":
      return `([] ${printExpr(expr.object)} ${printExpr(expr.index)})`;
    case "cast":
      return `(cast ${printType(expr.type)} ${printExpr(expr.operand)})`;
    case "sizeof":
      return `(sizeof ${printOf(expr.of)})`;
    case "offsetof":
      return `(offsetof ${printOf(expr.of)} ${expr.path.join(".")})`;
    case "blockExpr":
      return `{${[...expr.body.map(printStmt), expr.value === undefined ? "" : `=> ${printExpr(expr.value)}`].join(" ").trim()}}`;
    case "comptime":
      return `(comptime ${printExpr(expr.operand)})`;
    case "typeArgument":
      return "type";
    case "tuple":
      if (expr.names !== undefined)
        return `(record ${expr.items.map((item, i) => `${expr.names?.[i]}=${printExpr(item)}`).join(" ")})`;
      return `(tuple ${expr.items.map(printExpr).join(" ")})`;
  }
}

function printOf(of: Expr | TypeName): string {
  return of.kind === "typeName" ? printType(of) : printExpr(of);
}

function printType({ tag, name, pointers, lengths, of }: TypeName): string {
  if (of !== undefined) return `<typeof ${printExpr(of)}${"*".repeat(pointers)}>`;
  return `<${tag === undefined ? "" : `${tag} `}${name}${"*".repeat(pointers)}${lengths.map((length) => `[${length}]`).join("")}>`;
}
