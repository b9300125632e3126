/** Function calls: one entry for each function, as a statement or as a value. */
import type { Inst } from "../../ir/index.ts";
import type { Call, Expr, MapRef } from "../ast.ts";
import { namedClock } from "./clocks.ts";
import { emit, type Argument } from "./events.ts";
import type { Handler } from "./handler.ts";
import { deleteEntry, deleteOnly, hasKey, planOf } from "./maps.ts";
import { getopt } from "./options.ts";
import { aggregationRead, notLowered, refuse, unknownRegister } from "./messages.ts";
import { registers } from "../../lowering/registers.ts";
import { testStrings } from "./comparison.ts";
import { literalText } from "./text.ts";

type Statement = (h: Handler, e: Call) => void;
type Value = (h: Handler, e: Call) => Inst;

const STATEMENTS: Readonly<Record<string, Statement>> = {
  printf,
  print,
  exit,
  time: (h, e) => emit(h, { kind: "time", format: text(h, e.args[0], "%H:%M:%S\n") }, [], e.span),
  clear: (h, e) => emit(h, { kind: "clear", map: mapOf(e).name }, [], e.span),
  zero: (h, e) => emit(h, { kind: "zero", map: mapOf(e).name }, [], e.span),
  delete: (h, e) => void remove(h, e),
};

const VALUES: Readonly<Record<string, Value>> = {
  delete: remove,
  has_key: (h, e) => hasKey(h, mapOf(e), e.args.slice(1)),
  strncmp: compareStrings,
  reg: register,
  nsecs: namedClock,
  getopt,
};

/** A call whose value nobody wants. */
export function callStatement(h: Handler, e: Call): void {
  h.at(e.span, () => {
    const lower = Object.hasOwn(STATEMENTS, e.name) ? STATEMENTS[e.name] : undefined;
    if (lower !== undefined) lower(h, e);
    else callValue(h, e);
  });
}

/** A call's value in a register. */
export function callValue(h: Handler, e: Call): Inst {
  const lower = Object.hasOwn(VALUES, e.name) ? VALUES[e.name] : undefined;
  return lower === undefined ? refuse(notLowered, e.nameSpan, `${e.name}() is`) : lower(h, e);
}

function printf(h: Handler, e: Call): void {
  const [format, ...args] = e.args;
  emit(
    h,
    { kind: "printf", format: text(h, format, "") },
    args.map((expr) => argumentOf(h, expr)),
    e.span,
  );
}

function argumentOf(h: Handler, expr: Expr): Argument {
  return { expr, type: h.typeOf(expr) };
}

/** print(@map [, top [, div]]), print(@map[key]), print(value). */
function print(h: Handler, e: Call): void {
  const [first, top, div] = e.args;
  if (first === undefined) return refuse(notLowered, e.span, "print() of nothing is");
  if (first.kind === "map" && (h.program.mapArguments.has(first) || isWhole(h, first))) {
    return emit(
      h,
      { kind: "printMap", map: first.name, top: constantArgument(h, top), div: constantArgument(h, div) },
      [],
      e.span,
    );
  }
  if (first.kind !== "map" || first.keys.length === 0)
    return emit(h, { kind: "printValue" }, [argumentOf(h, first)], e.span);
  const { info } = planOf(h, first);
  if (info.value.kind === "aggregate") return refuse(aggregationRead, first.span, first.name);
  const keys = first.keys.map((expr, index): Argument => ({ expr, type: info.keys[index]! }));
  emit(h, { kind: "printValue", label: first.name }, [...keys, argumentOf(h, first)], e.span);
}

/** Whether `@x` stands for all entries, or for the one value of an aggregation. */
function isWhole(h: Handler, ref: MapRef): boolean {
  const { info } = planOf(h, ref);
  return ref.keys.length === 0 && (info.keys.length > 0 || info.value.kind === "aggregate");
}

/** Ends the session, and this probe at once. */
function exit(h: Handler, e: Call): void {
  emit(
    h,
    { kind: "exit" },
    e.args.map((expr) => argumentOf(h, expr)),
    e.span,
  );
  h.leave();
}

/** delete(@x), delete(@x[key]), delete(@x, key). */
function remove(h: Handler, e: Call): Inst {
  const map = mapOf(e);
  const keys = e.args.length > 1 ? e.args.slice(1) : map.keys;
  if (keys.length > 0) return deleteEntry(h, map, keys);
  const plan = planOf(h, map);
  if (plan.info.keys.length === 0 && plan.info.value.kind === "scalar") deleteOnly(h, plan);
  else emit(h, { kind: "clear", map: map.name }, [], e.span);
  return h.constant(1);
}

/** strncmp(a, b, n): 0 if the first n characters are equal, else 1. */
function compareStrings(h: Handler, e: Call): Inst {
  const [a, b, length] = e.args;
  if (a === undefined || b === undefined || length === undefined)
    return refuse(notLowered, e.span, "strncmp() without a length is");
  const { builder } = h;
  const before = builder.current;
  const [equal, different, join] = [builder.block("equal"), builder.block("different"), builder.block("join")];
  testStrings(h, a, b, equal, different, constantArgument(h, length));
  const value = builder.variable("strncmp");
  for (const [block, outcome] of [
    [equal, 0],
    [different, 1],
  ] as const) {
    h.enter(block, before);
    builder.write(value, h.constant(outcome));
    builder.jump(join);
  }
  h.enter(join, before);
  return builder.read(value);
}

/** reg("ip"). */
function register(h: Handler, e: Call): Inst {
  const name = text(h, e.args[0], "");
  const known = registers(h.object.target.arch);
  const offset = known.offset(name);
  if (offset === undefined) return refuse(unknownRegister, e.span, name, known.names.join(", "));
  return h.builder.load(h.context(), offset, 8);
}

function mapOf(e: Call): MapRef {
  const [map] = e.args;
  return map?.kind === "map" ? map : refuse(notLowered, e.span, `${e.name}() of what is no map is`);
}

function text(h: Handler, e: Expr | undefined, otherwise: string): string {
  return e === undefined ? otherwise : (literalText(h, e) ?? refuse(notLowered, e.span, "a computed format is"));
}

/** A constant argument; 0 if it was not given. */
export function constantArgument(h: Handler, e: Expr | undefined): number {
  if (e === undefined) return 0;
  const known = h.variant.constants.get(e);
  if (typeof known === "bigint") return Number(known);
  return e.kind === "int" ? Number(e.value) : refuse(notLowered, e.span, "a computed argument here is");
}
