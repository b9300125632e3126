/**
 * Iterators: the context's pointers are null once at the end, when the kernel says that there is no more. The
 * handler is for objects only, so it starts with the test of all those that it uses.
 */
import { findMember, isComposite, resolve } from "@sonde/bpf/btf";
import { pointerTo, type Inst } from "../../ir/index.ts";
import type { Expr, Member, Span } from "../ast.ts";
import { memberNames } from "../check/kernel-types.ts";
import type { Handler } from "./handler.ts";
import { notLowered, refuse } from "./messages.ts";
import { walk } from "./walk.ts";

/** What every iterator's context begins with: never null. */
const META = "meta";

export function enterIterator(h: Handler, name: string, span: Span): void {
  const { btf } = h.object.target;
  const id = btf?.find(`bpf_iter__${name}`, "struct")[0];
  if (btf === undefined || id === undefined)
    return refuse(notLowered, span, `iter:${name} without the kernel's types is`);
  const used = new Set<string>();
  walk(h.variant.probe, (node) => {
    if (isContextField(node as Expr)) used.add((node as Member).name);
  });
  // Each pointer stands in a union of its own, so that it takes 8 bytes everywhere.
  for (const field of memberNames(btf, id)) {
    const member = findMember(btf, id, field);
    if (member === undefined || field === META || resolve(btf, member.type).kind !== "ptr") continue;
    // The kernel's objects are tested even where the handler does not use them: at the end there are none.
    if (!used.has(field) && !isObject(btf, member.type)) continue;
    const loaded = h.builder.load(h.context(), member.bitOffset / 8, 8, { type: pointerTo("trustedOrNull") });
    h.ifNonNull(
      loaded,
      "trusted",
      (refined) => h.iteratorFields.set(field, refined),
      () => h.leave(),
    );
  }
}

function isObject(btf: Parameters<typeof resolve>[0], id: number): boolean {
  const pointer = resolve(btf, id);
  return pointer.kind === "ptr" && isComposite(resolve(btf, pointer.type));
}

/** `ctx.task` */
export function isContextField(e: Expr): e is Member {
  return e.kind === "member" && e.object.kind === "builtin" && e.object.name === "ctx";
}

/** A pointer of the context that was found to be there when the handler began. */
export function iteratorField(h: Handler, e: Expr): Inst | undefined {
  return isContextField(e) ? h.iteratorFields.get(e.name) : undefined;
}
