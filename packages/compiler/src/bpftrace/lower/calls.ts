/** Function calls: one entry for each function, as a statement or as a value. */
import type { Inst } from "../../ir/index.ts";
import type { Call, Expr, MapRef } from "../ast.ts";
import { Helper } from "../../lowering/helpers.ts";
import { compareBytes, writeUser } from "./buffers.ts";
import { namedClock } from "./clocks.ts";
import {
  assertion,
  debug,
  failure,
  formatted,
  override,
  printInFile,
  printsInFile,
  said,
  sendSignal,
} from "./control.ts";
import { emit, type Argument } from "./events.ts";
import { scalar } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import * as initial from "../../lowering/identity.ts";
import { processId, threadId } from "./identity.ts";
import { join } from "./join.ts";
import { deleteEntry, deleteOnly, findEntry, hasKey, planOf } from "./maps.ts";
import { getopt } from "./options.ts";
import { notLowered, refuse, unknownRegister } from "./messages.ts";
import { numberOf } from "./operators.ts";
import { registers } from "../../lowering/registers.ts";
import { countEntries } from "./loops.ts";
import { addressLiteral } from "./naming.ts";
import { outputPacket } from "./packets.ts";
import { findString, stringLength } from "./search.ts";
import { stackDepth } from "./stacks.ts";
import { percpuAddress, userAddress } from "./symbols.ts";
import { taskNumber } from "./tasks.ts";
import { testStrings } from "./comparison.ts";
import { literalText } from "./text.ts";

/** The last page of the address space is for errors. */
const MAX_ERRNO = 4095;

type Statement = (h: Handler, e: Call) => void;
type Value = (h: Handler, e: Call) => Inst;

const STATEMENTS: Readonly<Record<string, Statement>> = {
  printf,
  print,
  exit,
  time: (h, e) => emit(h, { kind: "time", format: text(h, e.args[0], "%H:%M:%S\n") }, [], e.span),
  clear: (h, e) => emit(h, { kind: "clear", map: mapOf(e).name }, [], e.span),
  zero: (h, e) => emit(h, { kind: "zero", map: mapOf(e).name }, [], e.span),
  delete: (h, e) => void remove(h, e, false),
  cat: formatted("cat"),
  system: formatted("system"),
  errorf: said("error"),
  warnf: said("warning"),
  assert: assertion,
  static_assert: () => undefined,
  fail: failure,
  debugf: debug,
  join,
  signal: sendSignal(Helper.sendSignal),
  signal_thread: sendSignal(Helper.sendSignalThread),
  override,
  write_user: writeUser,
  unwatch: (h, e) => emit(h, { kind: "unwatch" }, [argumentOf(h, e.args[0]!)], e.span),
};

const VALUES: Readonly<Record<string, Value>> = {
  delete: (h, e) => remove(h, e, true),
  has_key: (h, e) => hasKey(h, mapOf(e), e.args.slice(1)),
  find: (h, e) => {
    const [, key, variable] = e.args;
    if (key === undefined || variable?.kind !== "variable") return refuse(notLowered, e.span, "this find() is");
    return findEntry(h, mapOf(e), [key], variable);
  },
  is_err: (h, e) => h.builder.compare("uge", numberOf(h, scalar(h, e.args[0]!)), h.constant(-MAX_ERRNO)),
  strncmp: compareStrings,
  reg: register,
  nsecs: namedClock,
  getopt,
  bswap: swapBytes,
  strlen: stringLength,
  strcap: stringLength,
  strstr: findString,
  strcontains: (h, e) => h.builder.compare("sge", findString(h, e), h.constant(0)),
  memcmp: compareBytes,
  pton: addressLiteral,
  kptr: (h, e) => scalar(h, e.args[0]!),
  uptr: (h, e) => scalar(h, e.args[0]!),
  percpu_kaddr: percpuAddress,
  uaddr: userAddress,
  skboutput: outputPacket,
  socket_cookie: (h, e) => h.builder.call(Helper.socketCookie, [scalar(h, e.args[0]!)]),
  pid: (h, e) => (isInitial(e) ? initial.processId(h) : processId(h)),
  tid: (h, e) => (isInitial(e) ? initial.threadId(h) : threadId(h)),
  ppid: (h, e) => taskNumber(h, scalar(h, e.args[0]!), ["real_parent", "tgid"], e.span),
  len: length,
};

/** pid(init), tid(init). */
function isInitial({ args: [which] }: Call): boolean {
  return which?.kind === "identifier" && which.name === "init";
}

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
  if (printsInFile(h)) return printInFile(h, e);
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
  const own = literalText(h, first);
  if (own !== undefined) return emit(h, { kind: "printText", text: own }, [], e.span);
  if (first.kind === "map" && (h.program.mapArguments.has(first) || isWhole(h, first))) {
    return emit(
      h,
      { kind: "printMap", map: first.name, top: constantArgument(h, top), div: constantArgument(h, div) },
      [],
      e.span,
    );
  }
  const info = first.kind === "map" ? planOf(h, first).info : undefined;
  if (first.kind !== "map" || info?.value.kind !== "aggregate")
    return emit(h, { kind: "printValue" }, [argumentOf(h, first)], e.span);
  // Every CPU has its own value: the reader gathers them, by the key.
  const keys = first.keys.map((expr, index): Argument => ({ expr, type: info.keys[index]! }));
  emit(h, { kind: "printEntry", map: first.name }, keys, e.span, true);
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
function remove(h: Handler, e: Call, wanted: boolean): Inst {
  const map = mapOf(e);
  const keys = e.args.length > 1 ? e.args.slice(1) : map.keys;
  if (keys.length > 0) return deleteEntry(h, map, keys, wanted);
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

/** bswap(n): the bytes of n in reverse order; its type says how many. */
function swapBytes(h: Handler, e: Call): Inst {
  const type = h.typeOf(e);
  const value = scalar(h, e.args[0]!);
  const bits = type.kind === "int" ? type.size * 8 : 64;
  return bits === 16 || bits === 32 || bits === 64 ? h.builder.byteSwap(value, bits) : value;
}

/** len(stack): its frames; len(@map): its entries. */
function length(h: Handler, e: Call): Inst {
  const [of] = e.args;
  if (of?.kind === "map" && h.program.mapArguments.has(of)) return countEntries(h, of, e.span);
  const type = of === undefined ? undefined : h.typeOf(of);
  if (type?.kind !== "stack") return refuse(notLowered, e.span, "len() of this is");
  return stackDepth(h, type, e.span);
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
