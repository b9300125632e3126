/** What of JavaScript's `Math` has a meaning for whole numbers. */
import { refuse } from "../../diagnostics/index.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf } from "../syntax/ast.ts";
import { expectArguments, type CallNode } from "./calls.ts";
import { expression } from "./expressions.ts";
import { comparison } from "./operators.ts";
import type { Program } from "./program.ts";
import { scalarOf } from "./scalar.ts";
import type { Value } from "./value.ts";

export function mathCall(p: Program, call: CallNode): Value {
  if (call.name !== "Math.min" && call.name !== "Math.max")
    return refuse(messages.notCallable, spanOf(call.node), call.name);
  expectArguments(call, 2, 2);
  const [left, right] = call.args.map((each) => expression(p, each));
  const operator = call.name === "Math.min" ? "<=" : ">=";
  const outcome = comparison(p, operator, left!, right!, {
    ...call.node,
    left: call.args[0],
    right: call.args[1],
  } as never);
  if (outcome.kind === "known") return outcome.value ? left! : right!;
  const [a, b] = [scalarOf(p, left!, call.args[0]!), scalarOf(p, right!, call.args[1]!)];
  const variable = p.variable("extreme");
  p.builder.write(variable, b.inst);
  p.when(outcome.condition, () => p.builder.write(variable, a.inst));
  return { kind: "scalar", inst: p.builder.read(variable), type: left!.kind === "constant" ? b.type : a.type };
}
