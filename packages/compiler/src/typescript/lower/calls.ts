/** Calls: of the monitor's functions, of what it declared, of the kernel's helpers. */
import { refuse } from "../../diagnostics/index.ts";
import { intrinsicName } from "../authoring/intrinsics.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node, type Tree } from "../syntax/ast.ts";
import { expression } from "./expressions.ts";
import { inline } from "./functions.ts";
import { isDeclared, METHODS } from "./hosts.ts";
import { intrinsicCall } from "./intrinsics.ts";
import { mapCall } from "./maps.ts";
import { mathCall } from "./math.ts";
import { metricCall } from "./metrics.ts";
import { packetCall } from "./packets.ts";
import type { Program } from "./program.ts";
import { describeValue } from "./scalar.ts";
import { emit } from "./streams.ts";
import { timerCall } from "./timers.ts";
import { didYouMean } from "../../diagnostics/index.ts";
import type { Value } from "./value.ts";

/** One call, with its arguments still to be built: some are built where their value is wanted. */
export interface CallNode {
  readonly node: Node;
  readonly name: string;
  readonly args: readonly Node[];
}

export function call(p: Program, node: Tree): Value {
  const callee = node.callee;
  const args = node.arguments;
  for (const each of args)
    if (each.type === "SpreadElement")
      refuse(messages.unsupported, spanOf(each), "spread arguments", "write them one by one");
  if (node.optional) refuse(messages.unsupported, spanOf(node), "a call that may not happen", "test it: if (x) x()");
  if (callee.type === "MemberExpression" && !callee.computed) {
    const outer = expression(p, callee.object);
    const property = callee.property as Node & { name: string };
    if (outer.kind === "host" && isDeclared(outer.value))
      return method(p, outer, property, { node, name: property.name, args });
    if (outer.kind === "arguments" && outer.source.kind === "packet")
      return packetCall(p, outer.source, { node, name: property.name, args });
    if (outer.kind === "host" && outer.value === Math)
      return mathCall(p, { node, name: `Math.${property.name}`, args });
    if (outer.kind === "host" && outer.value === console)
      return refuse(
        messages.unsupported,
        spanOf(node),
        "console",
        'emit to a stream: const log = stream("log", { what: decode.text })',
      );
  }
  return callValue(p, expression(p, callee), { node, name: nameOfCallee(callee), args });
}

function callValue(p: Program, callee: Value, call: CallNode): Value {
  if (callee.kind === "closure") {
    const values = call.args.map((each) => expression(p, each));
    return inline(p, callee.node, callee.scope, values, call.node);
  }
  const intrinsic = callee.kind === "host" ? intrinsicName(callee.value) : undefined;
  if (intrinsic !== undefined) return intrinsicCall(p, intrinsic, call);
  return refuse(messages.notCallable, spanOf(call.node), callee.kind === "host" ? callee.name : describeValue(callee));
}

function nameOfCallee(callee: Tree): string {
  return callee.type === "Identifier" ? callee.name : "the function";
}

function method(
  p: Program,
  host: Value & { kind: "host"; value: Parameters<typeof isDeclared>[0] },
  property: Node,
  call: CallNode,
): Value {
  const declared = host.value;
  if (!isDeclared(declared)) throw new Error(`${host.name} was not declared`);
  const known = METHODS[declared.kind];
  if (!known.includes(call.name))
    return refuse(
      messages.noField,
      spanOf(property),
      host.name,
      `${call.name}()`,
      didYouMean(call.name, known) ?? `it has ${known.join(", ")}`,
    );
  switch (declared.kind) {
    case "map":
      return mapCall(p, declared, call);
    case "metric":
      return metricCall(p, declared, call);
    case "stream":
      return emit(p, declared, call);
    case "timer":
      return timerCall(p, declared, call);
  }
}

/** Refuses another number of arguments. */
export function expectArguments(call: CallNode, least: number, most: number): void {
  const given = call.args.length;
  if (given >= least && given <= most) return;
  const wanted =
    least === most
      ? least === 0
        ? "no arguments"
        : least === 1
          ? "one argument"
          : `${least} arguments`
      : `${least} to ${most} arguments`;
  refuse(messages.argumentCount, spanOf(call.node), `${call.name}()`, wanted, given);
}
