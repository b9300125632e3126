/** Conditions, lowered to branches rather than to values. */
import type { Block } from "../../ir/index.ts";
import type { Binary, Expr } from "../ast.ts";
import { scalar } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import { comparison, isComparison, type ComparisonOp } from "./operators.ts";
import { isScalar } from "./layout.ts";
import { testMemory, testStrings } from "./comparison.ts";

/** `if`: builds both sides and continues where they join; where neither side comes through, the builder is left terminated. */
export function branch(h: Handler, condition: Expr, then: () => void, otherwise?: () => void): void {
  const { builder } = h;
  const before = builder.current;
  const [yes, no, join] = [builder.block("then"), builder.block("else"), builder.block("join")];
  test(h, condition, yes, no);
  for (const [block, build] of [
    [yes, then],
    [no, otherwise],
  ] as const) {
    h.enter(block, before);
    build?.();
    if (!builder.terminated) builder.jump(join);
  }
  builder.seal(join);
  if (join.predecessors.length > 0) h.enter(join, before);
}

/** Ends the current block: goes to `yes` if `e` is true, else to `no`. */
export function test(h: Handler, e: Expr, yes: Block, no: Block): void {
  h.at(e.span, () => {
    const { builder } = h;
    switch (e.kind) {
      case "unary":
        if (e.op === "!") return test(h, e.operand, no, yes);
        break;
      case "bool":
        return builder.jump(e.value ? yes : no);
      case "binary":
        if (e.op === "&&" || e.op === "||") return both(h, e, yes, no);
        if (isComparison(e.op)) return compare(h, e, e.op, yes, no);
        break;
    }
    builder.branch({ kind: "ne", a: scalar(h, e), b: h.constant(0) }, yes, no);
  });
}

/** `a && b`, `a || b`: the right side is looked at only if the left one does not decide. */
function both(h: Handler, e: Binary, yes: Block, no: Block): void {
  const { builder } = h;
  const before = builder.current;
  const right = builder.block(e.op === "&&" ? "and" : "or");
  if (e.op === "&&") test(h, e.left, right, no);
  else test(h, e.left, yes, right);
  h.enter(right, before);
  test(h, e.right, yes, no);
}

function compare(h: Handler, e: Binary, op: ComparisonOp, yes: Block, no: Block): void {
  const { builder } = h;
  const left = h.typeOf(e.left);
  const right = h.typeOf(e.right);
  if (!isScalar(left) || !isScalar(right)) {
    const testEqual = left.kind === "string" ? testStrings : testMemory;
    return op === "==" ? testEqual(h, e.left, e.right, yes, no) : testEqual(h, e.left, e.right, no, yes);
  }
  const a = scalar(h, e.left);
  builder.branch({ kind: comparison(op, left, right), a, b: scalar(h, e.right) }, yes, no);
}
