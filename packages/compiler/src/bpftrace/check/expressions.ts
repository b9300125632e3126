/** The type of every expression. `none` means that something was wrong and has been said, or is not known yet. */
import { didYouMean, nearest } from "../../diagnostics/index.ts";
import type {
  BlockExpr,
  Cast,
  Comptime,
  Expr,
  Identifier,
  Index,
  MapRef,
  Offsetof,
  PositionalParam,
  Sizeof,
  Ternary,
  Tuple,
  TypeName,
  Unary,
  Update,
  Variable,
} from "../ast.ts";
import { builtins } from "../builtins.ts";
import { headerOf } from "../c/constants.ts";
import * as messages from "../messages/names.ts";
import type { IntType, Type } from "../types.ts";
import {
  BOOL,
  INT64,
  NONE,
  UINT64,
  VOID,
  asInteger,
  int,
  literalType,
  stringOf,
  typeText,
  utf8Length,
} from "../values.ts";
import { checkBinary } from "./arithmetic.ts";
import { checkBuiltin } from "./builtins.ts";
import { checkCall } from "./calls.ts";
import { constantOf, findEnumerator } from "./constants.ts";
import type { Handler } from "./handler.ts";
import { KERNEL, fromBtf, fromName, wrapped, type Place } from "./kernel-types.ts";
import { layoutOf, memberOffset, placeOf, writtenType } from "./layouts.ts";
import { readMap, updateMap, wholeMap } from "./maps.ts";
import { checkMember, readableArguments } from "./members.ts";
import { checkStatements } from "./statements.ts";
import { EMPTY, join } from "./stored.ts";
import { checkUnstable } from "./unstable.ts";

/** Checks an expression, notes its type in the handler's table and gives it back. */
export function check(handler: Handler, expr: Expr): Type {
  return handler.give(expr, typeOf(handler, expr));
}

/** The same for an operand that must have a value. */
export function checkValue(handler: Handler, expr: Expr): Type {
  const type = check(handler, expr);
  if (type.kind === "void") {
    const what = expr.kind === "call" ? `${expr.name}()` : "this";
    handler.diagnostics.report(messages.noValue, expr.span, what);
    return handler.give(expr, NONE);
  }
  if (type.kind === "args") return argumentsRecord(handler, expr);
  return type;
}

/** `args` as a value is the record of all arguments that the language has a type for. */
function argumentsRecord(handler: Handler, args: Expr): Type {
  const { span } = args;
  const names = readableArguments(handler);
  const items = names.map((name): Expr => ({
    kind: "member",
    object: { ...args },
    name,
    nameSpan: span,
    arrow: false,
    span,
  }));
  const record: Tuple = { kind: "tuple", items, names, span };
  handler.replacements.set(args, record);
  return handler.give(args, check(handler, record));
}

function typeOf(handler: Handler, expr: Expr): Type {
  switch (expr.kind) {
    case "int":
      return literalType(expr.value);
    case "string":
      return stringOf(utf8Length(expr.value) + 1);
    case "bool":
      return BOOL;
    case "identifier":
      return identifierType(handler, expr);
    case "builtin":
      return checkBuiltin(handler, expr);
    case "positional":
      return positionalType(handler, expr);
    case "variable":
      return variableType(handler, expr);
    case "map":
      return readMap(handler, expr);
    case "call":
      return checkCall(handler, expr);
    case "unary":
      return unaryType(handler, expr);
    case "update":
      return updateType(handler, expr);
    case "binary":
      return checkBinary(handler, expr);
    case "ternary":
      return ternaryType(handler, expr);
    case "member":
      return checkMember(handler, expr);
    case "index":
      return indexType(handler, expr);
    case "cast":
      return castType(handler, expr);
    case "sizeof":
      return sizeofType(handler, expr);
    case "offsetof":
      return offsetofType(handler, expr);
    case "tuple":
      return tupleType(handler, expr);
    case "comptime":
      return comptimeType(handler, expr);
    case "typeArgument":
      handler.diagnostics.report(messages.typeAsValue, expr.span);
      return NONE;
    case "blockExpr":
      return blockType(handler, expr);
  }
}

function tupleType(handler: Handler, { items, names }: Tuple): Type {
  const types = items.map((item) => checkValue(handler, item));
  return { kind: "tuple", items: types, ...(names && { names }) };
}

function blockType(handler: Handler, { body, value }: BlockExpr): Type {
  let type: Type = VOID;
  handler.scoped(() => {
    checkStatements(handler, body);
    if (value !== undefined) type = check(handler, value);
  });
  return type;
}

/** A #define of the script, or a constant of the kernel's enums. */
function identifierType(handler: Handler, expr: Identifier): Type {
  const { definitions, target } = handler.program;
  const { name, span } = expr;
  const written = definitions.constant(name);
  const enumerator =
    written === undefined
      ? (handler.draft.program?.enumerator(name) ??
        (target.btf && findEnumerator(target.btf, name, definitions.firstOwnType)))
      : undefined;
  if (target.btf !== undefined && enumerator !== undefined) {
    handler.constants.set(expr, enumerator.value);
    return fromBtf(target.btf, enumerator.type, KERNEL);
  }
  const value = written ?? definitions.header(name);
  if (value !== undefined) {
    handler.constants.set(expr, value);
    return typeof value === "bigint" ? literalType(value) : stringOf(utf8Length(value) + 1);
  }
  if (definitions.isOther(name)) handler.diagnostics.report(messages.defineNotConstant, span, name);
  else handler.diagnostics.report(messages.unknownName, span, name, nameHint(name));
  return NONE;
}

function nameHint(name: string): string | undefined {
  const header = headerOf(name);
  return header === undefined
    ? didYouMean(name, Object.keys(builtins()))
    : `it is a constant of a header: #include <${header}>`;
}

/** `$1`: a number if it reads as one, else text. One that was not given is 0. */
function positionalType(handler: Handler, expr: PositionalParam): Type {
  const { params = [] } = handler.program.options;
  const text = expr.index === 0 ? String(params.length) : (params[expr.index - 1] ?? "0");
  if (!/^-?(0[xX][\da-fA-F]+|\d+)$/.test(text)) {
    handler.constants.set(expr, text);
    return stringOf(utf8Length(text) + 1);
  }
  const value = text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
  handler.constants.set(expr, value);
  return literalType(value);
}

function variableType(handler: Handler, expr: Variable): Type {
  const state = handler.find(expr.name);
  if (state !== undefined && state.place !== EMPTY) return state.place.type;
  const near = nearest(expr.name, handler.variableNames());
  handler.diagnostics.report(
    messages.undefinedVariable,
    expr.span,
    expr.name,
    near === undefined ? undefined : `did you mean $${near}?`,
  );
  return NONE;
}

/** `&@map`: the kernel's own struct of the map. */
function mapAddress(handler: Handler, map: MapRef): Type {
  checkUnstable(handler.program.config, "unstable_addr", map.span, handler.diagnostics);
  if (wholeMap(handler, map) === undefined) return NONE;
  const struct: TypeName = {
    kind: "typeName",
    tag: "struct",
    name: "bpf_map",
    pointers: 1,
    lengths: [],
    span: map.span,
  };
  return fromName(handler.program.target, struct, KERNEL) ?? { kind: "pointer", to: VOID, ...KERNEL };
}

function unaryType(handler: Handler, expr: Unary): Type {
  if (expr.op === "&" && expr.operand.kind === "map" && expr.operand.keys.length === 0)
    return mapAddress(handler, expr.operand);
  const type = checkValue(handler, expr.operand);
  if (type.kind === "none") return NONE;
  const refuse = (expected: string): Type => {
    handler.diagnostics.report(messages.operandType, expr.span, expr.op, typeText(type), expected);
    return NONE;
  };
  switch (expr.op) {
    case "!":
      return asInteger(type) === undefined ? refuse("an integer, a bool or a pointer") : BOOL;
    case "-":
      if (expr.operand.kind === "int") return literalType(-expr.operand.value);
      return type.kind === "int" || type.kind === "bool" ? INT64 : refuse("an integer");
    case "~":
      return type.kind === "int" ? complementType(handler, expr.operand, type) : refuse("an integer");
    case "*":
      if (type.kind === "int" && type.size === 8) return int(8, false);
      return type.kind === "pointer" && type.to.kind !== "void"
        ? type.to
        : refuse("a pointer to something of known type");
    case "&":
      return addressType(handler, expr.operand, type);
  }
}

/** Bits of the operand's own width, as bpftrace has it; a literal, and what only literals are kept in, is as wide as can be. */
function complementType(handler: Handler, operand: Expr, type: IntType): IntType {
  if (operand.kind === "int") return int(8, false);
  const place = placeOf(handler, operand);
  const { size } = place === undefined || place.neutral ? type : (place.narrow ?? type);
  return size === 8 ? type : int(size, false);
}

/** The address of a variable, a map, a member, an element, or what a pointer points to; other values have none. */
function addressType(handler: Handler, operand: Expr, type: Type): Type {
  if (operand.kind === "variable") {
    checkUnstable(handler.program.config, "unstable_addr", operand.span, handler.diagnostics);
    return { kind: "pointer", to: type, space: "kernel", trusted: false };
  }
  const object = operand.kind === "member" || operand.kind === "index" ? handler.types.get(operand.object) : undefined;
  const isPlace =
    (operand.kind === "unary" && operand.op === "*") ||
    (object !== undefined && object.kind !== "tuple" && object.kind !== "args" && isBehindPointer(handler, operand));
  if (isPlace) {
    const space = object !== undefined && "space" in object ? object.space : handler.space;
    return { kind: "pointer", to: type, space: space === "user" ? "user" : "kernel", trusted: false };
  }
  handler.diagnostics.report(messages.noAddress, operand.span);
  return NONE;
}

/** Whether a member lies where a pointer leads, rather than in a copy. */
function isBehindPointer(handler: Handler, expr: Expr): boolean {
  if (expr.kind === "unary") return expr.op === "*";
  if (expr.kind !== "member" && expr.kind !== "index") return false;
  return handler.types.get(expr.object)?.kind === "pointer" || isBehindPointer(handler, expr.object);
}

function updateType(handler: Handler, expr: Update): Type {
  if (expr.target.kind === "map") return updateMap(handler, expr.target, expr.op);
  const type = check(handler, expr.target);
  if (type.kind === "none" || type.kind === "int" || type.kind === "pointer") return type;
  handler.diagnostics.report(messages.operandType, expr.span, expr.op, typeText(type), "an integer or a pointer");
  return NONE;
}

function comptimeType(handler: Handler, expr: Comptime): Type {
  const type = checkValue(handler, expr.operand);
  const value = constantOf(handler, expr);
  if (value !== undefined) handler.constants.set(expr, value);
  else if (type.kind !== "none") handler.diagnostics.report(messages.notConstant, expr.span, "what is comptime");
  return type;
}

/** Which branch a condition leaves that is known when compiling; undefined for others. */
export function decided(handler: Handler, condition: Expr): boolean | undefined {
  const value = condition.kind === "comptime" ? handler.constants.get(condition) : undefined;
  return value === undefined ? undefined : value !== 0n && value !== "";
}

function ternaryType(handler: Handler, expr: Ternary): Type {
  if (expr.condition.kind === "comptime") {
    checkCondition(handler, expr.condition);
    const chosen = decided(handler, expr.condition) === false ? expr.otherwise : (expr.then ?? expr.condition);
    handler.replacements.set(expr, chosen);
    return check(handler, chosen);
  }
  const condition = checkCondition(handler, expr.condition);
  const then = expr.then === undefined ? condition : check(handler, expr.then);
  const otherwise = check(handler, expr.otherwise);
  if (then.kind === "void" && otherwise.kind === "void") return VOID;
  const joined = join(then, otherwise);
  if (joined !== undefined) return joined;
  handler.diagnostics.report(messages.typeMismatch, expr.otherwise.span, typeText(otherwise), typeText(then));
  return NONE;
}

/** What can be true or false. */
export function checkCondition(handler: Handler, expr: Expr): Type {
  const type = checkValue(handler, expr);
  if (type.kind === "none" || asInteger(type) !== undefined) return type;
  const expected = type.kind === "string" ? 'a comparison, such as comm == "dd"' : "an integer, a bool or a pointer";
  handler.diagnostics.report(messages.operandType, expr.span, "a condition", typeText(type), expected);
  return NONE;
}

function indexType(handler: Handler, expr: Index): Type {
  const object = checkValue(handler, expr.object);
  const index = checkValue(handler, expr.index);
  if (object.kind === "none" || index.kind === "none") return NONE;
  const known = constantOf(handler, expr.index);
  if (object.kind === "tuple" && typeof known === "bigint") {
    const item = object.items[Number(known)];
    if (item !== undefined) return item;
    handler.diagnostics.report(messages.indexRange, expr.index.span, String(known), object.items.length);
    return NONE;
  }
  if (object.kind !== "array" && object.kind !== "pointer" && object.kind !== "string") {
    handler.diagnostics.report(messages.notIndexable, expr.object.span, typeText(object));
    return NONE;
  }
  if (asInteger(index) === undefined) {
    handler.diagnostics.report(messages.operandType, expr.index.span, "an index", typeText(index), "an integer");
    return NONE;
  }
  if (object.kind === "pointer") return object.to;
  const length = object.kind === "string" ? object.size : object.length;
  // A length of 0 is C's flexible array.
  if (expr.index.kind === "int" && length > 0 && expr.index.value >= BigInt(length)) {
    handler.diagnostics.report(messages.indexRange, expr.index.span, String(expr.index.value), length);
    return NONE;
  }
  return object.kind === "string" ? int(1, true) : object.element;
}

function castType(handler: Handler, expr: Cast): Type {
  const from = checkValue(handler, expr.operand);
  const space = from.kind === "pointer" || from.kind === "struct" || from.kind === "array" ? from.space : handler.space;
  const to = namedType(handler, expr.type, { space, trusted: false });
  if (to.kind === "none") return NONE;
  if (from.kind === "none") return to;
  if (from.kind === "pointer" && from.trusted && isSamePointer(from, to)) return from;
  const scalar = to.kind === "int" || to.kind === "pointer" || to.kind === "bool" || to.kind === "enum";
  const sameKind = from.kind === to.kind && (to.kind === "string" || to.kind === "buffer");
  if (sameKind || (scalar && asInteger(from) !== undefined)) return to;
  if (to.kind === "array" && asInteger(from) !== undefined) {
    const array = arrayOfNumber(to, from);
    if (array !== undefined) return array;
  }
  if (scalar && from.kind === "array" && from.element.kind === "int" && isWord(from.length * from.element.size))
    return to;
  handler.diagnostics.report(messages.noSuchCast, expr.span, typeText(from), typeText(to));
  return NONE;
}

/** The array that a number becomes, byte by byte; without a length, as many elements as it has bytes for. */
function arrayOfNumber(to: Type & { kind: "array" }, from: Type): Type | undefined {
  const element = asInteger(to.element);
  if (element === undefined) return undefined;
  const length = to.length > 0 ? to.length : Math.floor((asInteger(from)?.size ?? 8) / element.size);
  return isWord(length * element.size) ? { ...to, length } : undefined;
}

function isWord(bytes: number): boolean {
  return bytes === 1 || bytes === 2 || bytes === 4 || bytes === 8;
}

/** The type that a script names; none, after a report, where there is no such type. */
export function namedType(handler: Handler, name: TypeName, place: Place): Type {
  if (name.of?.kind === "typeArgument") return wrapped(namedType(handler, name.of.type, place), name, place);
  if (name.of !== undefined) return wrapped(writtenType(handler, name.of), name, place);
  const type = fromName(handler.named, name, place);
  if (type === undefined) reportUnknownType(handler, name);
  return type ?? NONE;
}

/** Whether a cast changes nothing, so that what the verifier knows of the pointer stays true. */
function isSamePointer(from: Type & { kind: "pointer" }, to: Type): boolean {
  return (
    to.kind === "pointer" && to.to.kind === "struct" && from.to.kind === "struct" && to.to.typeId === from.to.typeId
  );
}

function reportUnknownType(handler: Handler, name: Cast["type"]): void {
  const { btf } = handler.program.target;
  const text = name.tag === undefined ? name.name : `${name.tag} ${name.name}`;
  if (btf === undefined) handler.diagnostics.report(messages.noBtf, name.span, text);
  else {
    const kind = name.tag ?? "typedef";
    const near = didYouMean(name.name, btf.names(kind));
    handler.diagnostics.report(
      messages.unknownType,
      name.span,
      text,
      name.tag === undefined ? near : near?.replace("mean ", `mean ${name.tag} `),
    );
  }
}

function sizeofType(handler: Handler, expr: Sizeof): Type {
  const size = layoutOf(handler, expr.of);
  if (size !== undefined) handler.constants.set(expr, BigInt(size.bytes));
  return size === undefined ? NONE : UINT64;
}

function offsetofType(handler: Handler, expr: Offsetof): Type {
  const offset = memberOffset(handler, expr);
  if (offset !== undefined) handler.constants.set(expr, BigInt(offset));
  return offset === undefined ? NONE : UINT64;
}
