/** How many turns loops make, as far as that can be seen before they are built. */
import type { Assign, Expr, ForRange, Stmt, While } from "../ast.ts";
import type { Handler } from "./handler.ts";
import { walk, type AnyNode } from "./walk.ts";

/** What is assumed of a loop whose turns are counted only when it is built. */
const GUESSED_TURNS = 8;

/** The turns of the loops in a piece of tree, those inside of each other multiplied; of the longest, where there are several. */
export function turnsInside(h: Handler, node: AnyNode): number {
  let most = 1;
  for (const value of Object.values(node))
    for (const part of Array.isArray(value) ? value : [value])
      if (typeof part === "object" && part !== null && "kind" in part)
        most = Math.max(most, turnsInside(h, part as AnyNode));
  return most * ownTurns(h, node);
}

function ownTurns(h: Handler, node: AnyNode): number {
  switch (node.kind) {
    case "forMap":
      return Infinity;
    case "while":
      return GUESSED_TURNS;
    case "forRange": {
      const { from, to } = node as ForRange;
      const [start, end] = [constantOf(h, from), constantOf(h, to)];
      return start === undefined || end === undefined ? Infinity : Math.max(1, Number(end - start));
    }
    default:
      return 1;
  }
}

/**
 * How many turns `while ($i < constant) { ... $i++; ... }` makes, where that can be seen: the variable starts
 * as a constant, is changed once and in every turn, by a constant. Undefined for all others.
 */
export function turnsOf(h: Handler, s: While): number | undefined {
  const { condition, body } = s;
  if (condition.kind !== "binary" || condition.left.kind !== "variable") return undefined;
  const { name } = condition.left;
  const limit = constantOf(h, condition.right);
  const start = h.readVariable(name);
  const at = body.body.findIndex((statement) => stepOf(h, statement, name) !== undefined);
  const step = at < 0 ? undefined : stepOf(h, body.body[at]!, name);
  if (limit === undefined || start.op !== "const" || step === undefined) return undefined;
  let steady = true;
  for (const statement of body.body.slice(0, at))
    walk(statement, (node) => {
      if (node.kind === "jump" && (node as Stmt & { kind: "jump" }).what === "continue") steady = false;
    });
  let changes = 0;
  walk(body, (node) => {
    if (node.kind === "update" && isNamed((node as { target?: Expr }).target, name)) changes++;
    if ((node.kind === "assign" || node.kind === "let") && isNamed((node as Assign).variable, name)) changes++;
  });
  if (!steady || changes !== 1) return undefined;
  return countTurns(condition.op, BigInt.asIntN(64, start.value), limit, step);
}

function countTurns(op: string, start: bigint, limit: bigint, step: bigint): number | undefined {
  const last = op === "<" ? limit - 1n : op === ">" ? limit + 1n : limit;
  const rising = op === "<" || op === "<=";
  if (!rising && op !== ">" && op !== ">=") return undefined;
  if (rising !== step > 0n) return undefined;
  const distance = rising ? last - start : start - last;
  return distance < 0n ? 0 : Number(distance / (step < 0n ? -step : step)) + 1;
}

function isNamed(e: Expr | undefined, name: string): boolean {
  return e?.kind === "variable" && e.name === name;
}

/** By how much a statement changes the variable. */
function stepOf(h: Handler, s: Stmt, name: string): bigint | undefined {
  if (s.kind === "exprStmt" && s.expr.kind === "update" && isNamed(s.expr.target, name))
    return s.expr.op === "++" ? 1n : -1n;
  if (s.kind !== "assign" || s.variable.name !== name) return undefined;
  const amount = constantOf(h, s.value);
  if (amount === undefined || amount <= 0n) return undefined;
  return s.op === "+" ? amount : s.op === "-" ? -amount : undefined;
}

function constantOf(h: Handler, e: Expr): bigint | undefined {
  if (e.kind === "int") return e.value;
  const known = h.variant.constants.get(e);
  return typeof known === "bigint" ? known : undefined;
}
