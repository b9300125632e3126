/** `loop(times, body)`: the kernel calls the body so many times (bpf_loop), which the verifier looks at once. */
import { refuse } from "../../diagnostics/index.ts";
import { SCALAR } from "../../ir/index.ts";
import { Helper } from "../../lowering/helpers.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf } from "../syntax/ast.ts";
import { U64 } from "../types/type.ts";
import { callBack, type Answer } from "./callbacks.ts";
import { expectArguments, type CallNode } from "./calls.ts";
import { expression } from "./expressions.ts";
import type { Program } from "./program.ts";
import { describeValue, scalarOf } from "./scalar.ts";
import { UNDEFINED, type Value } from "./value.ts";

export function loopCall(p: Program, call: CallNode): Value {
  expectArguments(call, 2, 2);
  const [timesNode, bodyNode] = [call.args[0]!, call.args[1]!];
  const times = scalarOf(p, expression(p, timesNode), timesNode).inst;
  const body = expression(p, bodyNode);
  if (body.kind !== "closure") return refuse(messages.notCallable, spanOf(bodyNode), describeValue(body));
  callBack(p, {
    fn: body.node,
    scope: body.scope,
    params: [SCALAR],
    args: (inner) => [{ kind: "scalar", inst: inner.builder.param(0), type: U64 }],
    answer: endsIfTrue,
    call: (func, record) => p.builder.call(Helper.loop, [times, func, record, p.constant(0)]),
  });
  return UNDEFINED;
}

/** `return true` ends the loop. */
const endsIfTrue: Answer = (inner, value, node) => {
  if (value.kind === "constant" && value.value === undefined) return inner.constant(0);
  const { inst, type } = scalarOf(inner, value, node);
  return type.kind === "bool" ? inst : refuse(messages.mismatch, spanOf(node), describeValue(value), "boolean");
};
