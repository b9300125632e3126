/** Values that are numbers in the kernel and get their text when they are printed, and their counterparts. */
import type { Naming } from "@sonde/bpf/spec";
import { didYouMean } from "../../../diagnostics/index.ts";
import type { Call, Expr } from "../../ast.ts";
import { addressBytes } from "../../addresses.ts";
import * as messages from "../../messages/functions.ts";
import { notConstant, notHere } from "../../messages/names.ts";
import { SIGNALS } from "../../signals.ts";
import type { Type } from "../../types.ts";
import { NONE, UINT64, VOID, asInteger, int } from "../../values.ts";
import { argument } from "../calls.ts";
import { constantOf } from "../constants.ts";
import type { Handler } from "../handler.ts";

/** Bytes of a word that is named. */
const WORD = 8;
/** u64 family and 16 bytes. */
const INET_BYTES = 24;

/** A function of one integer whose text is found by `by`. */
export function naming(by: (handler: Handler) => Naming): (handler: Handler, call: Call) => Type {
  return (handler, call) => {
    const type = argument(handler, call, 0, "an integer", (found) => asInteger(found) !== undefined);
    return type.kind === "none" ? NONE : { kind: "named", by: by(handler), size: WORD };
  };
}

/** ntop([family,] address): the address is an IPv4 address as an integer, or 4 or 16 bytes. */
export function checkNtop(handler: Handler, call: Call): Type {
  const last = call.args.length - 1;
  if (last === 1) argument(handler, call, 0, "AF_INET or AF_INET6", (type) => asInteger(type) !== undefined);
  const type = argument(
    handler,
    call,
    last,
    "an integer or an array of 4 or 16 bytes",
    (found) => asInteger(found) !== undefined || byteCount(found) === 4 || byteCount(found) === 16,
  );
  return type.kind === "none" ? NONE : { kind: "named", by: { kind: "inet" }, size: INET_BYTES };
}

export function checkMacaddr(handler: Handler, call: Call): Type {
  const type = argument(handler, call, 0, "an array of 6 bytes", (found) => (byteCount(found) ?? 0) >= 6);
  return type.kind === "none" ? NONE : { kind: "named", by: { kind: "mac" }, size: WORD };
}

/** Bytes of an array of bytes; C's char arrays are strings here. */
export function byteCount(type: Type): number | undefined {
  if (type.kind === "string" || type.kind === "buffer") return type.size;
  return type.kind === "array" && type.element.kind === "int" && type.element.size === 1 ? type.length : undefined;
}

/** strftime(format, nanoseconds since boot). */
export function checkStrftime(handler: Handler, call: Call): Type {
  const format = constantText(handler, call, 0, "a format in quotes");
  const type = argument(handler, call, 1, "an integer", (found) => asInteger(found) !== undefined);
  if (format === undefined || type.kind === "none") return NONE;
  return { kind: "named", by: { kind: "time", format }, size: WORD };
}

/** cgroup_path(id [, hierarchies]). */
export function checkCgroupPath(handler: Handler, call: Call): Type {
  const type = argument(handler, call, 0, "an integer", (found) => asInteger(found) !== undefined);
  const filter = call.args.length > 1 ? constantText(handler, call, 1, "a wildcard in quotes") : "*";
  if (filter === undefined || type.kind === "none") return NONE;
  return { kind: "named", by: { kind: "cgroup", filter }, size: WORD };
}

/** cgroupid(path), known when compiling. */
export function checkCgroupid(handler: Handler, call: Call): Type {
  const path = constantText(handler, call, 0, "a path in quotes");
  const { facts } = handler.program.target;
  if (path === undefined) return NONE;
  const id = facts?.cgroupId(path);
  if (facts === undefined) handler.diagnostics.report(messages.needsFacts, call.span, "cgroupid()");
  else if (id === undefined) handler.diagnostics.report(messages.noSuchGroup, call.span, path);
  else handler.constants.set(call, id);
  return UINT64;
}

/** pton(text): the bytes of an address. */
export function checkPton(handler: Handler, call: Call): Type {
  const text = constantText(handler, call, 0, "an address in quotes");
  if (text === undefined) return NONE;
  const bytes = addressBytes(text);
  if (bytes === undefined) {
    handler.diagnostics.report(messages.badAddress, call.span, text);
    return NONE;
  }
  return { kind: "array", element: int(1, false), length: bytes.length, space: "program", trusted: false };
}

/** signal(name or number), signal_thread(). */
export function checkSignal(handler: Handler, call: Call): Type {
  requireUnsafe(handler, call);
  const type = argument(
    handler,
    call,
    0,
    "a signal's name or number",
    (found) => found.kind === "string" || asInteger(found) !== undefined,
  );
  const [signal] = call.args;
  if (signal === undefined || type.kind !== "string") return VOID;
  const name = constantOf(handler, signal);
  if (typeof name !== "string") handler.diagnostics.report(notConstant, signal.span, "the signal's name");
  else if (signalNumber(name) === undefined)
    handler.diagnostics.report(messages.unknownSignal, signal.span, name, didYouMean(name, SIGNALS));
  return VOID;
}

/** "SIGKILL", "KILL" and "kill" are the same. */
export function signalNumber(name: string): number | undefined {
  const index = SIGNALS.indexOf(`SIG${name.toUpperCase().replace(/^SIG/, "")}`);
  return index < 0 ? undefined : index + 1;
}

/** override(value): kprobes only, where the kernel allows it. */
export function checkOverride(handler: Handler, call: Call): Type {
  requireUnsafe(handler, call);
  argument(handler, call, 0, "an integer", (type) => asInteger(type) !== undefined);
  const { provider, programType } = handler.draft;
  if (provider !== "kprobe" || programType !== "kprobe")
    handler.diagnostics.report(notHere, call.span, "override()", provider, "expected a kprobe");
  return VOID;
}

/** Reports the use of a function that changes what it watches, unless that was allowed. */
export function requireUnsafe(handler: Handler, call: Call): void {
  if (handler.program.options.unsafe !== true)
    handler.diagnostics.report(messages.unsafeFunction, call.nameSpan, call.name);
}

/** Argument `index` as a text that is known when compiling; undefined, after a report, if it is none. */
export function constantText(handler: Handler, call: Call, index: number, expected: string): string | undefined {
  const expr: Expr | undefined = call.args[index];
  const type = argument(handler, call, index, expected, (found) => found.kind === "string");
  if (expr === undefined || type.kind !== "string") return undefined;
  const text = constantOf(handler, expr);
  if (typeof text === "string") return text;
  handler.diagnostics.report(notConstant, expr.span, expected.replace(/ in quotes$/, ""));
  return undefined;
}
