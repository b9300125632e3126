/**
 * Many system calls at once. Each classic event of one takes two perf events for every CPU and some
 * 66 ms to detach; all of them hang on two raw tracepoints anyway. So a probe that matches many and
 * asks nothing of its attach point becomes one program there, which tests the call's number first.
 */
import type { Target } from "@sonde/bpf/spec";
import { Diagnostics } from "../../../diagnostics/index.ts";
import type { Expr, Probe } from "../../ast.ts";
import { Cursor } from "../../parser/cursor.ts";
import { parseExpression } from "../../parser/expressions.ts";
import type { Expansion } from "./draft.ts";
import { isClassicOnly, placed, type RawRoad } from "./raw-road.ts";
import { rawPrototype } from "./prototypes.ts";
import { syscallNumbers } from "./syscall-numbers.ts";

/** Below this the classic events cost less: they do not run for other calls. */
const MANY = 16;

type Side = "enter" | "exit";

/** The program for those of the events "syscalls:sys_SIDE_NAME" that `served` lists; undefined where it does not pay or can't be. */
export function syscallsRoad(
  { probe, target, uses, options }: Expansion,
  side: Side,
  events: readonly string[],
): { readonly road: RawRoad; readonly served: ReadonlySet<string> } | undefined {
  if (events.length < MANY || uses.args || uses.title || target.features.taskBtf !== true) return undefined;
  if (options.classicTracepoint?.(probe) === true || isClassicOnly(probe)) return undefined;
  const known = syscallNumbers(target.arch);
  const source = argumentsOf(target, side);
  if (source === undefined) return undefined;
  const prefix = `syscalls:sys_${side}_`;
  const served = events.filter((event) => known.has(event.slice(prefix.length)));
  if (served.length < MANY) return undefined;
  const numbers = served.map((event) => known.get(event.slice(prefix.length))!).sort((a, b) => a - b);
  // Programs of the 32-bit ABI have other numbers, and classic events leave them out.
  const { number, compat } = MACHINES[target.arch];
  const guard = `(${rangesOf(numbers, side === "enter" ? "args.id" : number)}) && (${compat}) == 0`;
  return { road: { ...source, probe: guarded(probe, guard) }, served: new Set(served) };
}

/** Where a call's number is when it returns, and what tells tasks of the 32-bit ABI: TS_COMPAT, TIF_32BIT. */
const MACHINES: Readonly<Record<Target["arch"], { readonly number: string; readonly compat: string }>> = {
  x86_64: { number: "(int64)(int32)args.regs->orig_ax", compat: "curtask->thread_info.status & 2" },
  aarch64: { number: "(int64)(int32)args.regs->syscallno", compat: "curtask->thread_info.flags & (1 << 22)" },
};

function argumentsOf(target: Target, side: Side): Omit<RawRoad, "probe"> | undefined {
  const name = `sys_${side}`;
  if (side === "enter") {
    const params = [
      { name: "regs", type: { kind: "int", size: 8, signed: false } },
      { name: "id", type: { kind: "int", size: 8, signed: true } },
    ] as const;
    return {
      programType: "raw_tracepoint",
      attach: { kind: "rawTracepoint", name },
      arguments: { kind: "array", params, result: undefined },
    };
  }
  const prototype = target.btf && rawPrototype(target.btf, name);
  if (prototype?.params[0]?.name !== "regs") return undefined;
  return {
    programType: "tracing",
    attach: { kind: "btfTracepoint", name },
    arguments: { kind: "array", params: prototype.params, result: undefined },
  };
}

/** A test that `number` is one of these, which ascend. */
function rangesOf(numbers: readonly number[], number: string): string {
  const tests: string[] = [];
  for (let at = 0; at < numbers.length;) {
    const from = numbers[at]!;
    let to = from;
    while (numbers[at + 1] === to + 1) to = numbers[++at]!;
    at++;
    tests.push(from === to ? `${number} == ${from}` : `(${number} >= ${from} && ${number} <= ${to})`);
  }
  return tests.join(" || ");
}

/** The probe with a test before its own filter. */
function guarded(probe: Probe, text: string): Probe {
  const { span } = probe;
  const guard = placed(parseExpression(new Cursor(text, new Diagnostics())), span);
  const { filter } = probe;
  const both: Expr =
    filter === undefined ? guard : { kind: "binary", op: "&&", left: guard, right: filter, span, opSpan: span };
  return { ...probe, filter: both };
}
