/** Calls that act on what is watched, or tell somebody else than standard output. */
import { pointerTo, type Inst } from "../../ir/index.ts";
import { Helper } from "../../lowering/helpers.ts";
import { cString, words } from "../../lowering/words.ts";
import type { Call, Expr, Span } from "../ast.ts";
import { signalNumber } from "../check/functions/naming.ts";
import { branch } from "./conditions.ts";
import { emit, type Argument } from "./events.ts";
import { scalar } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import { alignUp, isScalar } from "./layout.ts";
import { spotAddress } from "./memory.ts";
import { failed, kernelFormat as noKernelFormat, notLowered, refuse } from "./messages.ts";
import { literalText } from "./text.ts";
import { typeText } from "../values.ts";
import { temporaryOf } from "./values.ts";

/** The text of the constant argument `index`. */
function textOf(h: Handler, e: Call, index: number): string {
  const arg = e.args[index];
  const text = arg === undefined ? undefined : literalText(h, arg);
  return text ?? refuse(notLowered, e.span, "a computed format is");
}

function argumentsOf(h: Handler, exprs: readonly Expr[]): Argument[] {
  return exprs.map((expr) => ({ expr, type: h.typeOf(expr) }));
}

/** cat(format, ...), system(format, ...). */
export function formatted(kind: "cat" | "system"): (h: Handler, e: Call) => void {
  return (h, e) => emit(h, { kind, format: textOf(h, e, 0) }, argumentsOf(h, e.args.slice(1)), e.span);
}

/** errorf(format, ...), warnf(format, ...). */
export function said(severity: "error" | "warning"): (h: Handler, e: Call) => void {
  return (h, e) =>
    emit(
      h,
      { kind: "say", severity, format: textOf(h, e, 0), place: h.object.positions.range(e.span) },
      argumentsOf(h, e.args.slice(1)),
      e.span,
    );
}

/** assert(condition, message): without it, an error and the end of the session with status 1. */
export function assertion(h: Handler, e: Call): void {
  const [condition, message] = e.args;
  if (condition === undefined || message === undefined) return refuse(notLowered, e.span, "this assertion is");
  branch(
    h,
    condition,
    () => undefined,
    () => {
      const place = h.object.positions.range(e.span);
      emit(
        h,
        { kind: "say", severity: "error", format: "assert failed: %s", place },
        argumentsOf(h, [message]),
        e.span,
      );
      emit(h, { kind: "exit", code: 1 }, [], e.span);
      h.leave();
    },
  );
}

/** fail(format, ...): whoever comes here does not compile. */
export function failure(h: Handler, e: Call): void {
  let next = 1;
  const text = textOf(h, e, 0).replace(/%%|%[-+ #0]*\d*(?:\.\d+)?(?:hh|h|ll|l|z|j|t)?[a-zA-Z]/g, (directive) => {
    const arg = directive === "%%" ? undefined : e.args[next++];
    if (arg === undefined) return directive === "%%" ? "%" : "";
    const known = arg.kind === "int" ? arg.value : h.variant.constants.get(arg);
    return String(literalText(h, arg) ?? known ?? "");
  });
  refuse(failed, e.span, text);
}

/** signal("SIGKILL"), signal(9): to the process, or to the thread alone. */
export function sendSignal(helper: number): (h: Handler, e: Call) => void {
  return (h, e) => {
    const [signal] = e.args;
    if (signal === undefined) return refuse(notLowered, e.span, "this signal is");
    const name = literalText(h, signal);
    const number = name === undefined ? scalar(h, signal) : h.constant(signalNumber(name) ?? 0);
    h.builder.call(helper, [number]);
  };
}

export function override(h: Handler, e: Call): void {
  h.builder.call(Helper.overrideReturn, [h.context(), scalar(h, e.args[0]!)]);
}

/** What the kernel formats by itself. */
interface KernelFormat {
  readonly format: Inst;
  readonly size: Inst;
  readonly values: readonly Inst[];
}

/** The format and values of a call; the kernel's %d is of 32 bits unless it says otherwise. */
function kernelFormat(h: Handler, e: Call): KernelFormat {
  const { builder } = h;
  const wide = textOf(h, e, 0).replace(/%([-+ 0]*\d*)(?:ll?|hh?)?([dixu])/g, "%$1ll$2");
  const bytes = cString(wide);
  const format = h.temporary(alignUp(bytes.length), "format", e.span);
  const padded = new Uint8Array(alignUp(bytes.length));
  padded.set(bytes);
  for (const word of words(padded, 8, padded.length))
    builder.store(format.base, format.offset + word.offset, word.size, h.constant(word.value));
  const values = e.args.slice(1).map((arg): Inst => {
    const type = h.typeOf(arg);
    if (isScalar(type)) return scalar(h, arg);
    if (type.kind !== "string") return refuse(noKernelFormat, arg.span, typeText(type));
    return spotAddress(h, temporaryOf(h, arg));
  });
  return { format: spotAddress(h, format), size: h.constant(bytes.length), values };
}

/** The values side by side in memory, and their bytes. */
function inMemory(h: Handler, values: readonly Inst[], span: Span): readonly [data: Inst, size: Inst] {
  if (values.length === 0) return [h.constant(0), h.constant(0)];
  const data = h.temporary(values.length * 8, "values", span);
  for (const [index, value] of values.entries()) h.builder.store(data.base, data.offset + index * 8, 8, value);
  return [spotAddress(h, data), h.constant(values.length * 8)];
}

/** Arguments that trace_printk takes beside the format and its size. */
const FEW = 3;

/** debugf(format, ...): to the kernel's trace pipe, by its own formatting. */
export function debug(h: Handler, e: Call): void {
  h.object.usesTracePipe();
  const { format, size, values } = kernelFormat(h, e);
  if (values.length <= FEW) h.builder.call(Helper.tracePrintk, [format, size, ...values]);
  else h.builder.call(Helper.traceVprintk, [format, size, ...inMemory(h, values, e.span)]);
}

/** printf(format, ...) into the file that an iterator is: ctx->meta->seq. */
export function printInFile(h: Handler, e: Call): void {
  const { builder } = h;
  const { format, size, values } = kernelFormat(h, e);
  const meta = builder.load(h.context(), 0, 8, { type: pointerTo("trusted") });
  const seq = builder.load(meta, 0, 8, { type: pointerTo("trusted") });
  builder.call(Helper.seqPrintf, [seq, format, size, ...inMemory(h, values, e.span)]);
}

/** Whether what the program prints is the content of a file. */
export function printsInFile({ variant }: Handler): boolean {
  const [target] = variant.attach;
  return target?.kind === "iter" && target.pin !== undefined;
}
