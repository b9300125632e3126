/** Builtins where they stand. */
import { demangle } from "@sonde/bpf/demangle";
import type { StackMode } from "@sonde/bpf/spec";
import type { Builtin, Span, TypeName } from "../ast.ts";
import { argumentIndex, builtin } from "../builtins.ts";
import { kernelBuildId } from "../messages/functions.ts";
import * as messages from "../messages/names.ts";
import type { Type } from "../types.ts";
import { BOOL, INT64, NONE, UINT64, VOID, stringOf, utf8Length } from "../values.ts";
import type { Handler } from "./handler.ts";
import { fromName } from "./kernel-types.ts";
import { checkUnstable } from "./unstable.ts";

/** Bytes of a function's name of C++ or Rust from which on it is kept as linkers call it. */
const LONGEST_NAME = 256;

/** Frames of a stack unless the script says. */
export const DEFAULT_FRAMES = 127;

export function checkBuiltin(handler: Handler, expr: Builtin): Type {
  const { type } = builtin(expr.name) ?? {};
  switch (type) {
    case undefined:
      throw new Error(`the parser knows a builtin ${expr.name} that the table does not`);
    case "args":
      return argsType(handler, expr);
    case "argument":
      return argumentType(handler, expr);
    case "result":
      return resultType(handler, expr);
    case "context":
      return contextType(handler);
    case "task":
      return taskType(handler);
    case "stack":
      return stackType(handler, expr.name, expr.span, handler.program.config.stackMode, DEFAULT_FRAMES);
    case "title":
      return text(handler, expr, isSpecial(handler) ? handler.draft.provider : handler.draft.title);
    case "provider":
      return text(handler, expr, isSpecial(handler) ? "special" : handler.draft.provider);
    case "function":
      return functionType(handler, expr);
    case "mode":
      return modeType(handler, expr);
    default:
      return type;
  }
}

/** Whose stack `kstack`, `ustack` or `dw_ustack` is, how its frames are found, and how they are shown. */
export function stackType(handler: Handler, name: string, span: Span, wanted: StackMode, frames: number): Type {
  const { program, diagnostics } = handler;
  if (name === "dw_ustack") checkUnstable(program.config, "unstable_dw_ustack", span, diagnostics);
  const unwound = name === "dw_ustack" || (name === "ustack" && program.config.callGraph === "dwarf");
  const user = name !== "kstack";
  // The kernel is in no file that has a build id.
  if (!user && wanted === "build_id") diagnostics.report(kernelBuildId, span);
  return { kind: "stack", user, unwound, mode: !user && wanted === "build_id" ? "raw" : wanted, frames };
}

/** begin and end, however they are written. */
function isSpecial({ draft }: Handler): boolean {
  return draft.provider === "begin" || draft.provider === "end";
}

/** Names of probes are known when compiling: attach points with different names do not share a program. */
function text(handler: Handler, expr: Builtin, value: string): Type {
  handler.constants.set(expr, value);
  return stringOf(utf8Length(value) + 1);
}

function functionType(handler: Handler, expr: Builtin): Type {
  const [target] = handler.draft.attach;
  const name =
    target?.kind === "fentry"
      ? target.function
      : target?.kind === "kprobe" || target?.kind === "uprobe"
        ? target.symbol
        : undefined;
  if (name !== undefined) return text(handler, expr, target?.kind === "uprobe" ? readable(handler, name) : name);
  handler.diagnostics.report(
    messages.notHere,
    expr.span,
    "func",
    handler.draft.provider,
    "expected a function's probe",
  );
  return NONE;
}

/** As its author wrote it, unless that is so long that keys and events would be filled by it. */
function readable(handler: Handler, name: string): string {
  const written = handler.program.config.demangle ? demangle(name) : undefined;
  return written !== undefined && utf8Length(written) < LONGEST_NAME ? written : name;
}

function argsType(handler: Handler, expr: Builtin): Type {
  const { arguments: source, provider, title } = handler.draft;
  if (source.kind === "tracepoint") return { kind: "args" };
  if (provider === "uprobe" && source.kind === "registers") {
    if (source.missing === undefined) return { kind: "args" };
    handler.diagnostics.report(messages.unknownArguments, expr.span, title, source.missing);
    return NONE;
  }
  if (provider === "uretprobe" || provider === "kretprobe" || source.kind === "none") {
    const instead = provider.endsWith("retprobe") ? "only retval is" : undefined;
    handler.diagnostics.report(messages.notHere, expr.span, "args", provider, instead);
    return NONE;
  }
  if (source.kind !== "usdt" && source.params.length > 0) return { kind: "args" };
  if (handler.program.target.btf === undefined) handler.diagnostics.report(messages.noBtf, expr.span, "args");
  else handler.diagnostics.report(messages.badProbeInfo, expr.span, title);
  return NONE;
}

/** Arguments by number come as they lie in registers: 64 bits, whatever their type. */
function argumentType(handler: Handler, expr: Builtin): Type {
  const { arguments: source, provider } = handler.draft;
  const hasNumbers =
    provider === "kprobe" ||
    provider === "uprobe" ||
    provider === "usdt" ||
    provider === "fentry" ||
    provider === "fexit" ||
    provider === "rawtracepoint";
  if (!hasNumbers) {
    const instead =
      provider === "tracepoint"
        ? "use the tracepoint's fields: args.name"
        : provider.endsWith("retprobe")
          ? "only retval is; keep arguments in a map at the function's entry"
          : undefined;
    handler.diagnostics.report(messages.notHere, expr.span, expr.name, provider, instead);
    return NONE;
  }
  // What debugging information says of a program leaves out the address of a large result, which comes first.
  const count =
    source.kind === "array" || (source.kind === "registers" && provider !== "uprobe")
      ? source.params.length
      : source.kind === "usdt"
        ? source.places.length
        : 0;
  if (count > 0 && (argumentIndex(expr.name) ?? 0) >= count) {
    handler.diagnostics.report(messages.argumentCount, expr.span, expr.name, count);
    return NONE;
  }
  return INT64;
}

function resultType(handler: Handler, expr: Builtin): Type {
  const { arguments: source, provider, title } = handler.draft;
  if (provider === "kretprobe" || provider === "uretprobe") return UINT64;
  if (provider !== "fexit") {
    handler.diagnostics.report(
      messages.notHere,
      expr.span,
      "retval",
      provider,
      "expected a kretprobe, fexit or uretprobe",
    );
    return NONE;
  }
  const result = source.kind === "array" || source.kind === "registers" ? source.result : undefined;
  if (result === undefined) handler.diagnostics.report(messages.noValue, expr.span, title);
  return result ?? NONE;
}

/** User or kernel mode is read from the registers, where the context has them. */
function modeType(handler: Handler, expr: Builtin): Type {
  const { programType, provider } = handler.draft;
  if (programType === "perf_event" || programType === "kprobe") return BOOL;
  handler.diagnostics.report(
    messages.notHere,
    expr.span,
    expr.name,
    provider,
    "expected a profile, interval, software, kprobe or uprobe",
  );
  return NONE;
}

/** Registers where the context is that, an iterator's own struct, else an address. */
function contextType(handler: Handler): Type {
  const [target] = handler.draft.attach;
  const { programType } = handler.draft;
  const named = target?.kind === "iter" ? `bpf_iter__${target.name}` : programType === "kprobe" ? "pt_regs" : undefined;
  const place = { space: "program", trusted: target?.kind === "iter" } as const;
  const type = named === undefined ? undefined : fromName(handler.program.target, structPointer(named), place);
  return type ?? { kind: "pointer", to: VOID, space: "program", trusted: false };
}

/** `struct task_struct *` where the kernel's types are known, else a bare address. */
function taskType(handler: Handler): Type {
  const { target } = handler.program;
  const place = { space: "kernel", trusted: target.features.taskBtf === true } as const;
  return fromName(target, structPointer("task_struct"), place) ?? UINT64;
}

function structPointer(name: string): TypeName {
  return { kind: "typeName", span: { start: 0, end: 0 }, tag: "struct", name, pointers: 1, lengths: [] };
}
