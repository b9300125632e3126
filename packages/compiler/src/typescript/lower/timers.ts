/** Timers: functions that the kernel runs after a while (bpf_timer), in no program's context. */
import { refuse } from "../../diagnostics/index.ts";
import { pointerTo, SCALAR, type Inst } from "../../ir/index.ts";
import { lookUp } from "../../lowering/entries.ts";
import { Helper } from "../../lowering/helpers.ts";
import type { TimerDeclaration } from "../authoring/declarations.ts";
import * as declarationMessages from "../messages/declarations.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node } from "../syntax/ast.ts";
import { BOOL } from "../types/type.ts";
import { expectArguments, type CallNode } from "./calls.ts";
import { expression } from "./expressions.ts";
import { checkFunction } from "./functions.ts";

import { Program } from "./program.ts";
import { scalarOf } from "./scalar.ts";
import { Scope } from "./scope.ts";
import { statements } from "./statements.ts";
import { UNDEFINED, type Value } from "./value.ts";

const CLOCK_MONOTONIC = 1;
/** Programs that may run where the kernel could not take a timer's lock. */
const WITHOUT_TIMERS = ["kprobe", "tracepoint", "perf_event", "raw_tracepoint"];

/** A timer's function: a frame of its own, without a context, which takes its part of the program's scratch memory. */
class TimerFunction extends Program {
  constructor(outer: Program, scope: Scope) {
    super(outer.object.programName(`${outer.root.name}_timer`), outer.object, outer.probe, scope, {
      root: outer.root,
      kind: "callback",
      params: [SCALAR, SCALAR, pointerTo("mapValue")],
    });
  }

  override get scratchMap(): string {
    return this.root.scratchMap;
  }

  override reserveScratch(bytes: number, node: Node): number {
    return this.root.reserveScratch(bytes, node);
  }

  override context(): Inst {
    return refuse(messages.noContext, spanOf(this.activations[0]!.node));
  }

  override leave(): void {
    this.closeAll();
    this.builder.return(this.constant(0));
  }
}

/** `timer.start(nanoseconds)`, `timer.cancel()`. */
export function timerCall(p: Program, timer: TimerDeclaration, call: CallNode): Value {
  if (WITHOUT_TIMERS.includes(p.probe.programType))
    refuse(messages.unsupported, spanOf(call.node), `a timer in a handler of ${p.probe.title}`, "use interval()");
  const { builder } = p;
  const { map } = p.object.timer(timer);
  if (call.name === "cancel") {
    expectArguments(call, 0, 0);
    const wasActive = builder.variable("active");
    builder.write(wasActive, p.constant(0));
    p.ifNonNull(lookUp(p, map, p.zeroIndex()), "mapValue", (entry) => {
      const answer = builder.call(Helper.timerCancel, [entry]);
      builder.write(wasActive, builder.compare("eq", answer, p.constant(1)));
    });
    return { kind: "scalar", inst: builder.read(wasActive), type: BOOL };
  }
  expectArguments(call, 1, 1);
  const after = scalarOf(p, expression(p, call.args[0]!), call.args[0]!).inst;
  const func = builder.functionAddress(timerFunction(p, timer));
  p.ifNonNull(lookUp(p, map, p.zeroIndex()), "mapValue", (entry) => {
    // That it is there already is no error.
    builder.call(Helper.timerInit, [entry, builder.map(map), p.constant(CLOCK_MONOTONIC)]);
    builder.call(Helper.timerSetCallback, [entry, func]);
    builder.call(Helper.timerStart, [entry, after, p.constant(0)]);
  });
  return UNDEFINED;
}

/** One for each program that starts the timer; a function that starts its own timer anew is there already. */
function timerFunction(p: Program, timer: TimerDeclaration): string {
  const known = p.root.timers.get(timer);
  if (known !== undefined) return known;
  const registered = p.object.functionOf(timer.handler);
  if (registered === undefined)
    return refuse(declarationMessages.notAHandler, spanOf(timer.site.node), "the timer's function");
  const { node } = registered;
  checkFunction(node);
  const inner = new TimerFunction(p, new Scope(registered));
  p.root.timers.set(timer, inner.name);
  const { builder } = inner;
  const leave = (value: Value, at: Node): void => {
    if (value.kind !== "constant" || value.value !== undefined) refuse(messages.noResult, spanOf(at), "a timer");
    builder.return(inner.constant(0));
  };
  inner.activations.push({ node, loops: [], leave });
  inner.at(node, () => {
    if (node.body.type === "BlockStatement") statements(inner, node.body.body);
    else expression(inner, node.body);
    if (!builder.terminated) builder.return(inner.constant(0));
  });
  p.root.addFunction(builder.finish());
  return inner.name;
}
