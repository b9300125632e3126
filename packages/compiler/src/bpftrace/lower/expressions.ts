/** Expressions whose values fit a register. Integers are kept in 64 bits, extended by their sign. */
import type { Inst } from "../../ir/index.ts";
import type { Binary, BlockExpr, Cast, Expr, Member, Ternary, Unary, Update } from "../ast.ts";
import type { Type } from "../types.ts";
import { argumentByName, isArgument } from "./arguments.ts";
import { builtin } from "./builtins.ts";
import { callValue } from "./calls.ts";
import { branch } from "./conditions.ts";
import type { Handler } from "./handler.ts";
import { iteratorField } from "./iterators.ts";
import { byteSize, isScalar, livesInMemory } from "./layout.ts";
import { planOf, readMap, updateMap } from "./maps.ts";
import { address, read, spotAddress } from "./memory.ts";
import { notLowered, refuse } from "./messages.ts";
import { arithmetic, comparison, fit, isComparison, numberOf, unknownNumber } from "./operators.ts";
import { hasPlace, place } from "./places.ts";
import { statements } from "./statements.ts";

/** The value of `e` in a register; of a struct or an array, its address. */
export function scalar(h: Handler, e: Expr): Inst {
  return h.at(e.span, () => evaluate(h, e));
}

function evaluate(h: Handler, e: Expr): Inst {
  const known = h.variant.constants.get(e);
  if (typeof known === "bigint") return h.constant(known);
  const replaced = h.variant.replacements.get(e);
  if (replaced !== undefined) return scalar(h, replaced);
  switch (e.kind) {
    case "int":
      return h.constant(e.value);
    case "bool":
      return h.constant(e.value ? 1 : 0);
    case "builtin":
      return builtin(h, e);
    case "variable":
      if (livesInMemory(h.typeOf(e))) return address(h, place(h, e));
      return h.readVariable(e.name);
    case "map":
      return readMap(h, e);
    case "call":
      return callValue(h, e);
    case "unary":
      return unary(h, e);
    case "update":
      return update(h, e, true);
    case "binary":
      return binary(h, e);
    case "ternary":
      return ternary(h, e);
    case "member":
    case "index":
      return fromMemory(h, e);
    case "blockExpr":
      return scalar(h, enterBlock(h, e));
    case "cast":
      return castScalar(h, e);
    default:
      return refuse(notLowered, e.span, "this expression is");
  }
}

/** Bytes of an array, up to eight, are a number as they lie. */
function castScalar(h: Handler, e: Cast): Inst {
  const from = h.typeOf(e.operand);
  if (from.kind !== "array") return fit(h, scalar(h, e.operand), h.typeOf(e));
  const whole: Type = { kind: "int", size: byteSize(from) as 1 | 2 | 4 | 8, signed: false };
  return fit(h, read(h, place(h, e.operand), whole, e.span), h.typeOf(e));
}

/** Runs the statements of a block that is a value; what is left to be evaluated. */
export function enterBlock(h: Handler, { body, value, span }: BlockExpr): Expr {
  statements(h, body);
  if (h.builder.terminated) {
    // What stands behind exit() is built, and then found to be unreachable.
    const before = h.builder.current;
    h.enter(h.builder.block("unreachable"), before);
  }
  return value ?? { kind: "int", value: 0n, suffix: "", span };
}

function fromMemory(h: Handler, e: Member | Extract<Expr, { kind: "index" }> | Unary): Inst {
  const known = iteratorField(h, e);
  if (known !== undefined) return known;
  if (!hasPlace(h, e) && e.kind === "member" && isArgument(e)) return argumentByName(h, e);
  const type = h.typeOf(e);
  const from = place(h, e);
  return isScalar(type) ? read(h, from, type, e.span) : address(h, from);
}

function unary(h: Handler, e: Unary): Inst {
  const { builder } = h;
  switch (e.op) {
    case "-":
      return fit(h, builder.binary("sub", h.constant(0), numberOf(h, scalar(h, e.operand))), h.typeOf(e));
    case "~":
      return fit(h, builder.binary("xor", numberOf(h, scalar(h, e.operand)), h.constant(-1)), h.typeOf(e));
    case "!":
      return builder.compare("eq", scalar(h, e.operand), h.constant(0));
    case "*":
      return fromMemory(h, e);
    case "&":
      if (e.operand.kind === "map") return unknownNumber(h, h.builder.map(planOf(h, e.operand).spec.name));
      if (e.operand.kind === "variable") return unknownNumber(h, spotAddress(h, h.memoryVariable(e.operand.name)));
      return address(h, place(h, e.operand));
  }
}

function binary(h: Handler, e: Binary): Inst {
  const { op } = e;
  const left = h.typeOf(e.left);
  const right = h.typeOf(e.right);
  if (op === "&&" || op === "||" || (isComparison(op) && !(isScalar(left) && isScalar(right)))) return truth(h, e);
  const a = scalar(h, e.left);
  const b = scalar(h, e.right);
  if (isComparison(op)) return h.builder.compare(comparison(op, left, right), a, b);
  return fit(h, arithmetic(h, op, { value: a, type: left }, { value: b, type: right }), h.typeOf(e));
}

/** A condition as 0 or 1. */
export function truth(h: Handler, e: Expr): Inst {
  const value = h.builder.variable("truth");
  branch(
    h,
    e,
    () => h.builder.write(value, h.constant(1)),
    () => h.builder.write(value, h.constant(0)),
  );
  return h.builder.read(value);
}

function ternary(h: Handler, e: Ternary): Inst {
  const { builder } = h;
  const value = builder.variable("choice");
  const { then } = e;
  if (then !== undefined) {
    branch(
      h,
      e.condition,
      () => builder.write(value, scalar(h, then)),
      () => builder.write(value, scalar(h, e.otherwise)),
    );
    return builder.read(value);
  }
  builder.write(value, scalar(h, e.condition));
  h.when({ kind: "eq", a: builder.read(value), b: h.constant(0) }, () => builder.write(value, scalar(h, e.otherwise)));
  return builder.read(value);
}

/** ++ and --. If only its effect is wanted, `value` is false and nothing is read. */
export function update(h: Handler, e: Update, value: boolean): Inst {
  const { target } = e;
  const step = h.constant(e.op === "++" ? 1 : -1);
  if (target.kind === "map") return updateMap(h, e, target, step, value);
  const old = h.readVariable(target.name);
  const changed = arithmetic(
    h,
    "+",
    { value: old, type: h.typeOf(target) },
    { value: step, type: { kind: "int", size: 8, signed: true } },
  );
  h.writeVariable(target.name, changed);
  return e.prefix ? changed : old;
}
