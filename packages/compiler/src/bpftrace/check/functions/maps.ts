/** Functions on maps. */
import type { Call, Expr, MapRef } from "../../ast.ts";
import * as messages from "../../messages/functions.ts";
import type { Type } from "../../types.ts";
import { BOOL, INT64, NONE, VOID } from "../../values.ts";
import { argument } from "../calls.ts";
import { checkValue } from "../expressions.ts";
import type { Handler } from "../handler.ts";
import { mapEntry, wholeMap } from "../maps.ts";
import { assignVariable } from "../statements.ts";
import { EMPTY } from "../stored.ts";

/** clear(@x), zero(@x). */
export function checkClear(handler: Handler, call: Call): Type {
  const map = bareMap(handler, call);
  if (map !== undefined) wholeMap(handler, map);
  return VOID;
}

/** The first argument as a map without keys; undefined, after a report, if it is none. */
function bareMap(handler: Handler, call: Call): MapRef | undefined {
  const [map] = call.args;
  if (map?.kind === "map" && map.keys.length === 0) return map;
  handler.diagnostics.report(messages.needsMap, map?.span ?? call.span, call.name);
  return undefined;
}

/** delete(@x, key), the older delete(@x[key]), and delete(@x) of a map without keys. */
export function checkDelete(handler: Handler, call: Call): Type {
  const [map, key] = call.args;
  if (map?.kind !== "map") {
    handler.diagnostics.report(messages.needsMap, map?.span ?? call.span, call.name);
    return NONE;
  }
  if (map.keys.length > 0 && key !== undefined) {
    handler.diagnostics.report(
      messages.argumentNumber,
      call.span,
      call.name,
      call.args.length,
      "delete(@x, key) or delete(@x[key])",
    );
    return NONE;
  }
  mapEntry(handler, map, key === undefined ? map.keys : keyParts(handler, key));
  return BOOL;
}

export function checkHasKey(handler: Handler, call: Call): Type {
  const map = bareMap(handler, call);
  const key = call.args[1];
  if (map === undefined || key === undefined) return NONE;
  const state = handler.program.maps.get(map.name);
  if (state?.keys?.length === 0) {
    handler.diagnostics.report(messages.needsKeyedMap, map.span, call.name, map.name);
    return NONE;
  }
  mapEntry(handler, map, keyParts(handler, key));
  return BOOL;
}

/** Several keys are written as a tuple. */
function keyParts(handler: Handler, key: Expr): readonly Expr[] {
  if (key.kind !== "tuple") return [key];
  checkValue(handler, key);
  return key.items;
}

/** find(@x, key, $value): has_key and a read in one look-up; the variable is as if the value were assigned to it. */
export function checkFind(handler: Handler, call: Call): Type {
  const map = bareMap(handler, call);
  const [, key, variable] = call.args;
  if (map === undefined || key === undefined) return NONE;
  if (variable?.kind !== "variable") {
    argument(handler, call, 2, "a variable", () => false);
    return NONE;
  }
  const state = handler.program.maps.get(map.name);
  if (state?.keys?.length === 0 || state?.value?.kind === "aggregate") {
    handler.diagnostics.report(messages.needsKeyedMap, map.span, call.name, map.name);
    return NONE;
  }
  mapEntry(handler, map, keyParts(handler, key));
  const place = handler.find(variable.name) ?? handler.declare(variable, () => ({ place: EMPTY, fixed: false }));
  const value = state?.value;
  assignVariable(handler, place, variable, variable, value === undefined ? NONE : value.place.type);
  return BOOL;
}

export function checkLen(handler: Handler, call: Call): Type {
  const [of] = call.args;
  if (of?.kind === "map" && of.keys.length === 0) {
    const state = wholeMap(handler, of);
    if (state?.keys?.length === 0) handler.diagnostics.report(messages.needsKeyedMap, of.span, call.name, of.name);
    return INT64;
  }
  const type = of === undefined ? NONE : checkValue(handler, of);
  if (type.kind !== "stack" && type.kind !== "none")
    handler.diagnostics.report(messages.needsMap, of?.span ?? call.span, call.name);
  return INT64;
}
