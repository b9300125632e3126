/** Addresses of symbols, and what kernel objects say of themselves. */
import type { Call } from "../../ast.ts";
import * as messages from "../../messages/functions.ts";
import { notHere } from "../../messages/names.ts";
import type { Type } from "../../types.ts";
import { INT64, NONE, UINT64, asInteger, int, stringOf } from "../../values.ts";
import { argument } from "../calls.ts";
import { constantOf } from "../constants.ts";
import type { Handler } from "../handler.ts";
import { constantText } from "./naming.ts";

/** kaddr(name): an address that is known when compiling. */
export function checkKaddr(handler: Handler, call: Call): Type {
  const address = kernelSymbol(handler, call);
  if (address !== undefined) handler.constants.set(call, address);
  return { kind: "pointer", to: UINT64, space: "kernel", trusted: false };
}

function kernelSymbol(handler: Handler, call: Call): bigint | undefined {
  const name = constantText(handler, call, 0, "a symbol's name in quotes");
  const { facts } = handler.program.target;
  if (name === undefined) return undefined;
  const address = facts?.kernelSymbol(name);
  if (facts === undefined) handler.diagnostics.report(messages.needsFacts, call.span, `${call.name}()`);
  else if (address === undefined) handler.diagnostics.report(messages.unknownSymbol, call.span, name, "the kernel");
  return address;
}

/** percpu_kaddr(name [, cpu]): in the memory of this or another CPU; null for a CPU that there is none of. */
export function checkPercpuKaddr(handler: Handler, call: Call): Type {
  kernelSymbol(handler, call);
  if (call.args.length > 1) argument(handler, call, 1, "a CPU's number", (type) => asInteger(type) !== undefined);
  return { kind: "pointer", to: UINT64, space: "kernel", trusted: false };
}

/** uaddr(name): of the program or library that the probe is in. */
export function checkUaddr(handler: Handler, call: Call): Type {
  const name = constantText(handler, call, 0, "a symbol's name in quotes");
  const [target] = handler.draft.attach;
  const { facts } = handler.program.target;
  if (target?.kind !== "uprobe" && target?.kind !== "usdt") {
    handler.diagnostics.report(
      notHere,
      call.span,
      "uaddr()",
      handler.draft.provider,
      "expected a uprobe or usdt probe",
    );
    return NONE;
  }
  if (name === undefined) return NONE;
  const symbol = facts?.userSymbol(target.path, name);
  if (facts === undefined) handler.diagnostics.report(messages.needsFacts, call.span, "uaddr()");
  else if (symbol === undefined) handler.diagnostics.report(messages.unknownSymbol, call.span, name, target.path);
  const size = symbol?.size ?? 8;
  return { kind: "pointer", to: int([1, 2, 4].includes(size) ? size : 8, false), space: "user", trusted: false };
}

/** path(struct path * [, size]). */
export function checkPath(handler: Handler, call: Call): Type {
  const { maxStrlen } = handler.program.config;
  const type = argument(
    handler,
    call,
    0,
    "a struct path",
    (found) =>
      (found.kind === "struct" && found.name === "struct path") ||
      (found.kind === "pointer" && found.to.kind === "struct" && found.to.name === "struct path"),
  );
  const [, limit] = call.args;
  if (limit !== undefined) argument(handler, call, 1, "an integer", (found) => asInteger(found) !== undefined);
  const size = limit === undefined ? undefined : constantOf(handler, limit);
  if (handler.draft.programType !== "tracing") {
    handler.diagnostics.report(
      notHere,
      call.span,
      "path()",
      handler.draft.provider,
      "expected fentry, fexit or an iterator: the kernel resolves paths only there",
    );
    return NONE;
  }
  if (type.kind === "none") return NONE;
  return stringOf(typeof size === "bigint" && size > 0n && size < BigInt(maxStrlen) ? Number(size) : maxStrlen);
}

/** socket_cookie(struct sock *). */
export function checkSocketCookie(handler: Handler, call: Call): Type {
  const type = argument(
    handler,
    call,
    0,
    "a struct sock *, as fentry, fexit and raw tracepoints give it",
    (found) => found.kind === "pointer" && found.trusted && found.to.kind === "struct",
  );
  return type.kind === "none" ? NONE : UINT64;
}

/** skboutput(path, struct sk_buff *, length, offset). */
export function checkSkboutput(handler: Handler, call: Call): Type {
  constantText(handler, call, 0, "a file's path in quotes");
  const isPacket = (type: Type): boolean =>
    type.kind === "pointer" && type.trusted && type.to.kind === "struct" && type.to.name === "struct sk_buff";
  argument(handler, call, 1, "a struct sk_buff *, as fentry, fexit and raw tracepoints give it", isPacket);
  for (const index of [2, 3]) argument(handler, call, index, "an integer", (type) => asInteger(type) !== undefined);
  return INT64;
}

/** ppid(task), pcomm(task): of a task that is not the current one. */
export function ofTask(result: Type): (handler: Handler, call: Call) => Type {
  return (handler, call) => {
    const type = argument(
      handler,
      call,
      0,
      "a struct task_struct *",
      (found) => found.kind === "pointer" && found.to.kind === "struct" && found.to.name === "struct task_struct",
    );
    return type.kind === "none" ? NONE : result;
  };
}

/** pid(namespace), tid(namespace): the kernel's own numbers, or those of the current pid namespace. */
export function checkIds(handler: Handler, call: Call): Type {
  const [which] = call.args;
  if (which !== undefined && which.kind === "identifier" && ["curr_ns", "init"].includes(which.name)) {
    handler.give(which, { kind: "void" });
    return int(4, false);
  }
  argument(handler, call, 0, "curr_ns or init", () => false);
  return INT64;
}
