/** `a.b` and `a->b`. */
import { didYouMean } from "../../diagnostics/index.ts";
import type { Member } from "../ast.ts";
import * as messages from "../messages/names.ts";
import type { RegisterParam, Type } from "../types.ts";
import { NONE, typeText } from "../values.ts";
import { check } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import { fieldType, memberNames, memberType } from "./kernel-types.ts";

export function checkMember(handler: Handler, expr: Member): Type {
  const object = check(handler, expr.object);
  if (object.kind === "none") return NONE;
  if (object.kind === "args") return argumentField(handler, expr);
  if (object.kind === "tuple") return tupleItem(handler, expr, object);
  // Both . and -> go where a pointer leads.
  const struct = object.kind === "pointer" ? object.to : object;
  if (struct.kind !== "struct") {
    handler.diagnostics.report(messages.notAStruct, expr.object.span, typeText(object));
    return NONE;
  }
  const { btf } = handler.program.target;
  if (btf === undefined) return NONE;
  const type = memberType(btf, struct, expr.name);
  if (type === undefined) {
    handler.diagnostics.report(
      messages.unknownField,
      expr.nameSpan,
      typeText(struct),
      expr.name,
      didYouMean(expr.name, memberNames(btf, struct.typeId)),
    );
    return NONE;
  }
  if (type.kind === "none") handler.diagnostics.report(messages.unreadableField, expr.nameSpan, expr.name, "this kind");
  return type;
}

function tupleItem(handler: Handler, expr: Member, tuple: Type & { kind: "tuple" }): Type {
  const item = tuple.items[itemIndex(tuple, expr.name)];
  if (item !== undefined) return item;
  handler.diagnostics.report(messages.unknownField, expr.nameSpan, typeText(tuple), expr.name, undefined);
  return NONE;
}

/** Which item a name stands for: its number, or in a record its field; -1 for none. */
export function itemIndex(tuple: Type & { kind: "tuple" }, name: string): number {
  if (tuple.names !== undefined) return tuple.names.indexOf(name);
  return /^\d+$/.test(name) ? Number(name) : -1;
}

/** `args.name`, of a tracepoint's record or a function's arguments. */
function argumentField(handler: Handler, expr: Member): Type {
  const { draft, program } = handler;
  const source = draft.arguments;
  if (source.kind === "none" || source.kind === "usdt") return NONE;
  if (source.kind === "tracepoint") {
    const { format } = source;
    const field = format.fields.find(({ name }) => name === expr.name);
    if (field === undefined) {
      unknown(
        handler,
        expr,
        format.fields.map(({ name }) => name).filter((name) => !name.startsWith("common_")),
      );
      return NONE;
    }
    const space = format.category === "syscalls" ? "user" : "kernel";
    const type = fieldType(program.target, field, { space, trusted: false }, program.config.maxStrlen);
    if (type === undefined) handler.diagnostics.report(messages.unreadableField, expr.nameSpan, field.name, field.type);
    return type ?? NONE;
  }
  const param: RegisterParam | undefined = source.params.find(({ name }) => name === expr.name);
  if (param === undefined)
    unknown(
      handler,
      expr,
      source.params.map(({ name }) => name),
    );
  else if (param.type.kind === "none")
    handler.diagnostics.report(messages.unreadableArgument, expr.nameSpan, expr.name, param.why);
  return param?.type ?? NONE;
}

/** Names of the probe's arguments that can be read. */
export function readableArguments(handler: Handler): readonly string[] {
  const { draft, program } = handler;
  const source = draft.arguments;
  if (source.kind === "none" || source.kind === "usdt") return [];
  if (source.kind !== "tracepoint")
    return source.params.filter(({ type }) => type.kind !== "none").map(({ name }) => name);
  const place = { space: "kernel", trusted: false } as const;
  return source.format.fields
    .filter((field) => !field.name.startsWith("common_") && !field.name.startsWith("__"))
    .filter((field) => fieldType(program.target, field, place, program.config.maxStrlen) !== undefined)
    .map(({ name }) => name);
}

function unknown(handler: Handler, expr: Member, names: readonly string[]): void {
  const hint =
    didYouMean(expr.name, names) ?? (names.length === 0 ? "it has none" : `expected one of ${names.join(", ")}`);
  handler.diagnostics.report(messages.unknownField, expr.nameSpan, handler.draft.title, expr.name, hint);
}
