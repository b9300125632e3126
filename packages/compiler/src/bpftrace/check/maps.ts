/** Maps: their keys and values have one type each in the whole script. */
import { nearest } from "../../diagnostics/index.ts";
import type { Expr, MapRef, Span } from "../ast.ts";
import * as messages from "../messages/maps.ts";
import * as names from "../messages/names.ts";
import type { Aggregate, Type } from "../types.ts";
import { INT64, NONE, asInteger, typeText } from "../values.ts";
import { isNeutral } from "./constants.ts";
import { untrusted } from "./kernel-types.ts";
import { checkValue } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import type { MapState } from "./program.ts";
import { EMPTY, losesSign, sameType, widen, type Stored } from "./stored.ts";

export function stateOf(handler: Handler, name: string, span: Span): MapState {
  const { maps } = handler.program;
  let state = maps.get(name);
  if (state === undefined) {
    state = { name, keys: undefined, keySpan: span, value: undefined, valueSpan: span };
    maps.set(name, state);
  }
  return state;
}

/** The map's value at these keys. */
export function readMap(handler: Handler, expr: MapRef): Type {
  const state = stateOf(handler, expr.name, expr.span);
  useKeys(handler, state, expr.keys, expr.span);
  return valueOf(handler, state, expr);
}

/** What reading an entry gives, in whatever way it is read. */
export function valueOf(handler: Handler, state: MapState, expr: MapRef): Type {
  const { value } = state;
  if (value === undefined) {
    reportUndefined(handler, expr);
    return NONE;
  }
  if (value.kind === "scalar") return untrusted(value.place.type);
  const { aggregate } = value;
  if (isComposite(aggregate.kind)) {
    handler.diagnostics.report(messages.notReadable, expr.span, expr.name, aggregate.kind);
    return NONE;
  }
  handler.program.aggregatesRead.add(state.name);
  return { ...INT64, signed: aggregate.kind === "count" || ("signed" in aggregate && aggregate.signed) };
}

/** Whether an entry is more than one number. */
function isComposite(kind: Aggregate["kind"]): kind is "hist" | "lhist" | "stats" | "tseries" {
  return kind === "hist" || kind === "lhist" || kind === "stats" || kind === "tseries";
}

function reportUndefined(handler: Handler, expr: MapRef): void {
  const assigned = [...handler.program.maps.values()]
    .filter(({ value }) => value !== undefined)
    .map(({ name }) => name.slice(1));
  const near = nearest(expr.name.slice(1), assigned);
  handler.diagnostics.report(
    messages.undefinedMap,
    expr.span,
    expr.name,
    near === undefined ? undefined : `did you mean @${near}?`,
  );
}

/** A map as a whole, as map functions take it. Undefined, after a report, if nothing is ever put into it. */
export function wholeMap(handler: Handler, expr: MapRef): MapState | undefined {
  handler.program.mapArguments.add(expr);
  handler.give(expr, { kind: "void" });
  const state = stateOf(handler, expr.name, expr.span);
  if (state.value !== undefined) return state;
  reportUndefined(handler, expr);
  return undefined;
}

/** One entry of an aggregation, to be printed. */
export function aggregateEntry(handler: Handler, expr: MapRef): void {
  handler.give(expr, { kind: "void" });
  useKeys(handler, stateOf(handler, expr.name, expr.span), expr.keys, expr.span);
}

/** One entry of a map, for functions that do not read it. */
export function mapEntry(handler: Handler, expr: MapRef, keys: readonly Expr[]): void {
  handler.program.mapArguments.add(expr);
  handler.give(expr, { kind: "void" });
  const state = stateOf(handler, expr.name, expr.span);
  useKeys(handler, state, keys, expr.span);
  if (state.value === undefined) reportUndefined(handler, expr);
}

/** Checks keys and widens the map's key types by them. */
function useKeys(handler: Handler, state: MapState, given: readonly Expr[], span: Span): void {
  const { keys, types } = keyParts(
    given,
    given.map((key) => checkValue(handler, key)),
  );
  if (state.keys === undefined) {
    state.keys = keys.map(() => EMPTY);
    state.keySpan = span;
    handler.program.changed = true;
  }
  const known = state.keys;
  if (known.length !== keys.length) {
    if (keys.length === 0)
      handler.diagnostics.reportWith(messages.needsKey, span, {
        args: [state.name, known.length],
        notes: [first(state.keySpan)],
      });
    else
      handler.diagnostics.reportWith(messages.keyCount, span, {
        args: [state.name, keys.length, known.length],
        notes: [first(state.keySpan)],
      });
    return;
  }
  for (const [i, type] of types.entries()) {
    const place = known[i] ?? EMPTY;
    const key = keys[i];
    if (key === undefined) continue;
    const widened = widen(place, type, isNeutral(handler, key));
    if (widened === undefined) {
      const args = [state.name, i + 1, typeText(type), typeText(place.type)] as const;
      handler.diagnostics.reportWith(messages.keyType, key.span, { args, notes: [first(state.keySpan)] });
    } else {
      known[i] = keep(handler, place, widened, key, type);
    }
  }
}

/** A tuple stands for its items: `@x[(1, 2)]` is `@x[1, 2]`. */
function keyParts(
  keys: readonly Expr[],
  types: readonly Type[],
): { readonly keys: readonly Expr[]; readonly types: readonly Type[] } {
  const [only] = types;
  if (types.length !== 1 || only?.kind !== "tuple" || only.names !== undefined) return { keys, types };
  return {
    keys: only.items.map((_, i) => (keys[0]?.kind === "tuple" ? keys[0].items[i] : keys[0])!),
    types: only.items,
  };
}

function first(span: Span): { readonly message: string; readonly span: Span } {
  return { message: "first used here", span };
}

/** `@x = value`: the value's type becomes part of the map's. */
export function assignScalar(handler: Handler, target: MapRef, value: Expr, type: Type): void {
  const state = stateOf(handler, target.name, target.span);
  useKeys(handler, state, target.keys, target.span);
  const place = scalarPlace(handler, state, target.span);
  const widened = place === undefined ? undefined : widen(place, type, isNeutral(handler, value));
  if (place === undefined || widened === undefined) mismatch(handler, state, value.span, typeText(type));
  else state.value = { kind: "scalar", place: keep(handler, place, widened, value, type) };
  handler.give(target, valueType(state));
}

/** `@x = count()` and its like. */
export function assignAggregate(handler: Handler, target: MapRef, aggregate: Aggregate, span: Span): void {
  const state = stateOf(handler, target.name, target.span);
  useKeys(handler, state, target.keys, target.span);
  handler.give(target, NONE);
  const { value } = state;
  if (value === undefined) {
    state.value = { kind: "aggregate", aggregate };
    state.valueSpan = target.span;
    handler.program.changed = true;
    return;
  }
  const merged = value.kind === "aggregate" ? mergeAggregates(value.aggregate, aggregate) : undefined;
  if (merged === undefined || value.kind !== "aggregate") {
    mismatch(handler, state, span, aggregateText(aggregate));
  } else if (!same(value.aggregate, merged)) {
    state.value = { kind: "aggregate", aggregate: merged };
    handler.program.changed = true;
  }
}

/** Signed if either is; histograms must agree in every parameter. */
function mergeAggregates(a: Aggregate, b: Aggregate): Aggregate | undefined {
  if (a.kind !== b.kind) return undefined;
  if ("signed" in a && "signed" in b) return { ...a, signed: a.signed || b.signed };
  return same(a, b) ? a : undefined;
}

function same(a: Aggregate, b: Aggregate): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function aggregateText(aggregate: Aggregate): string {
  if (aggregate.kind === "hist") return `hist() with ${aggregate.bits} bits`;
  if (aggregate.kind === "lhist") return `lhist(${aggregate.min}, ${aggregate.max}, ${aggregate.step})`;
  if (aggregate.kind === "tseries")
    return `tseries() of ${aggregate.intervals} intervals of ${aggregate.interval} ns, ${aggregate.keep}`;
  return `${aggregate.kind}()`;
}

/** `@x += value`: a map that is not assigned otherwise starts at 0. */
export function combine(handler: Handler, target: MapRef, value: Expr, type: Type, op: string): void {
  const state = stateOf(handler, target.name, target.span);
  useKeys(handler, state, target.keys, target.span);
  const place = changeable(handler, state, target, op);
  if (place !== undefined && type.kind !== "none") {
    if (asInteger(type) === undefined || (place.type.kind !== "none" && asInteger(place.type) === undefined)) {
      handler.diagnostics.report(names.operandTypes, value.span, `${op}=`, typeText(place.type), typeText(type));
    } else {
      const widened = place.type.kind === "pointer" ? place : (widen(place, type, isNeutral(handler, value)) ?? place);
      state.value = { kind: "scalar", place: note(handler, place, widened) };
    }
  }
  handler.give(target, valueType(state));
}

/** `@x++`. */
export function updateMap(handler: Handler, target: MapRef, op: string): Type {
  const state = stateOf(handler, target.name, target.span);
  useKeys(handler, state, target.keys, target.span);
  const place = changeable(handler, state, target, op);
  if (place === undefined) return handler.give(target, NONE);
  if (place.type.kind !== "none" && asInteger(place.type) === undefined) {
    handler.diagnostics.report(names.operandType, target.span, op, typeText(place.type), "an integer or a pointer");
    return handler.give(target, NONE);
  }
  const widened = place.type.kind === "pointer" ? place : (widen(place, INT64, true) ?? place);
  state.value = { kind: "scalar", place: note(handler, place, widened) };
  return handler.give(target, valueType(state));
}

function changeable(handler: Handler, state: MapState, target: MapRef, op: string): Stored | undefined {
  const place = scalarPlace(handler, state, target.span);
  if (place === undefined && state.value?.kind === "aggregate") {
    const args = [state.name, state.value.aggregate.kind] as const;
    handler.diagnostics.reportWith(messages.aggregateChange, target.span, {
      args,
      notes: [first(state.valueSpan)],
      hint: op === "++" ? `expected ${state.name} = count()` : undefined,
    });
  }
  return place;
}

/** What the map holds so far; undefined if that is an aggregation. */
function scalarPlace(handler: Handler, state: MapState, span: Span): Stored | undefined {
  if (state.value === undefined) {
    state.value = { kind: "scalar", place: EMPTY };
    state.valueSpan = span;
    handler.program.changed = true;
  }
  return state.value.kind === "scalar" ? state.value.place : undefined;
}

function valueType(state: MapState): Type {
  return state.value?.kind === "scalar" ? state.value.place.type : NONE;
}

function mismatch(handler: Handler, state: MapState, span: Span, found: string): void {
  const expected =
    state.value?.kind === "aggregate" ? aggregateText(state.value.aggregate) : typeText(valueType(state));
  handler.diagnostics.reportWith(messages.valueType, span, {
    args: [state.name, found, expected],
    notes: [first(state.valueSpan)],
  });
}

/** Keeps what was learnt of a place by storing `value`, and warns where that changes its meaning. */
export function keep(handler: Handler, before: Stored, after: Stored, value: Expr, type: Type): Stored {
  if (losesSign(after, type, isNeutral(handler, value)))
    handler.diagnostics.report(names.becomesSigned, value.span, typeText(type), typeText(after.type));
  return note(handler, before, after);
}

/** Keeps what was learnt, and notes whether it was new. */
export function note(handler: Handler, before: Stored, after: Stored): Stored {
  if (before === after) return before;
  if (
    !sameType(before.type, after.type) ||
    before.neutral !== after.neutral ||
    before.narrow?.size !== after.narrow?.size ||
    before.narrow?.signed !== after.narrow?.signed
  ) {
    handler.program.changed = true;
  }
  return after;
}
